// IEEE f32 arithmetic that is the same on every adapter: bits in, bits out. GPUs may flush denormals and assume that
// there is no NaN or Inf, so these are told by their bits, and operands all below 2^-30 are computed times 2^96. What is
// `plain` needs none of this: kernels do plain positions first, then the few others.

const SMALL: u32 = 97u << 23u;
const SHIFT: u32 = 96u << 23u;
const INFINITY: u32 = 0x7f800000u;
const NOT_A_NUMBER: u32 = 0x7fc00000u;

const F32: u32 = 0u;
const F16: u32 = 1u;
const BF16: u32 = 2u;

// Bit d: the dtype of code d occurs. The code for one that does not falls away.
override DTYPES: u32 = 7u;

fn magnitude(bits: u32) -> u32 {
  return bits & 0x7fffffffu;
}

// Finite f32 bits -> f32, times 2^96 when `small`.
fn value(bits: u32, small: bool) -> f32 {
  if (!small) { return bitcast<f32>(bits); }
  if (magnitude(bits) >= 0x00800000u) { return bitcast<f32>(bits + SHIFT); }
  let size = f32(bits & 0x007fffffu) * 0x1p-53;
  return bitcast<f32>(bitcast<u32>(size) | (bits & 0x80000000u));
}

// Inverse of `value`, rounding to nearest even where the result is denormal.
fn bitsOf(x: f32, small: bool) -> u32 {
  let bits = bitcast<u32>(x);
  if (!small) { return bits; }
  let sign = bits & 0x80000000u;
  let exponent = magnitude(bits) >> 23u;
  if (exponent > 96u) { return bits - SHIFT; }
  if (exponent < 72u) { return sign; }
  let shift = 97u - exponent;
  let mantissa = (bits & 0x007fffffu) | 0x00800000u;
  return sign | roundShift(mantissa, shift);
}

// x / 2^shift for shift 1 … 31, to nearest even.
fn roundShift(x: u32, shift: u32) -> u32 {
  let half = 1u << (shift - 1u);
  let kept = x >> shift;
  let rest = x & ((half << 1u) - 1u);
  return kept + select(0u, 1u, rest > half || (rest == half && (kept & 1u) == 1u));
}

// Zero, or between 2^-range and 2^range: merging weights within 2^±30 by factors within 2^±10 meets only zeros and normal
// numbers, because differences of such weights are multiples of 2^-53.
fn isPlain(bits: u32, range: u32) -> bool {
  return magnitude(bits) == 0u || (magnitude(bits) >> 23u) - (127u - range) < 2u * range;
}

fn add(a: u32, b: u32, plain: bool) -> u32 {
  if (plain) { return bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)); }
  let largest = max(magnitude(a), magnitude(b));
  if (largest >= INFINITY) {
    let opposite = magnitude(a) == magnitude(b) && a != b;
    if (largest > INFINITY || opposite) { return NOT_A_NUMBER; }
    return select(b, a, magnitude(a) == INFINITY);
  }
  let small = largest < SMALL;
  return bitsOf(value(a, small) + value(b, small), small);
}

// a · b for a finite, and normal or zero.
fn multiply(a: u32, b: u32, plain: bool) -> u32 {
  if (plain) { return bitcast<u32>(bitcast<f32>(a) * bitcast<f32>(b)); }
  if (magnitude(b) >= INFINITY) {
    if (magnitude(b) > INFINITY || magnitude(a) == 0u) { return NOT_A_NUMBER; }
    return b ^ (a & 0x80000000u);
  }
  let small = magnitude(b) < SMALL;
  let product = bitcast<f32>(a) * value(b, small);
  if (small && magnitude(bitcast<u32>(product)) < SMALL) { return tinyProduct(a, b); }
  return bitsOf(product, small);
}

// a · b below the normal numbers, rounded once; a is normal or zero.
fn tinyProduct(a: u32, b: u32) -> u32 {
  let sign = (a ^ b) & 0x80000000u;
  if (magnitude(a) == 0u || magnitude(b) == 0u) { return sign; }
  let x = (a & 0x007fffffu) | 0x00800000u;
  var y = b & 0x007fffffu;
  var shift = 151 - i32(magnitude(a) >> 23u) - i32(magnitude(b) >> 23u);
  if (magnitude(b) >= 0x00800000u) {
    y |= 0x00800000u;
  } else {
    let lead = 23u - firstLeadingBit(y);
    y <<= lead;
    shift += i32(lead) - 1;
  }
  if (shift >= 50) { return sign; }
  let middle = (x >> 12u) * (y & 0xfffu) + (x & 0xfffu) * (y >> 12u);
  let low = ((middle & 0xfffu) << 12u) + (x & 0xfffu) * (y & 0xfffu);
  let high = (x >> 12u) * (y >> 12u) + (middle >> 12u) + (low >> 24u);
  let sticky = select(0u, 1u, (low & 0x007fffffu) != 0u);
  return sign | roundShift((high << 2u) | ((low >> 22u) & 2u) | sticky, u32(shift - 22));
}

// |a − b|
fn distance(a: u32, b: u32, plain: bool) -> u32 {
  return magnitude(add(a, b ^ 0x80000000u, plain));
}

// a / b for positive normal b: the quotient of the mantissas is guessed, made exact and rounded once.
fn divide(a: u32, b: u32) -> u32 {
  let sign = a & 0x80000000u;
  let size = magnitude(a);
  if (size == 0u || size >= INFINITY) { return a; }
  var exponent = i32(size >> 23u) - i32(b >> 23u) + 127;
  var top = (size & 0x007fffffu) | 0x00800000u;
  if (size < 0x00800000u) {
    let shift = 23u - firstLeadingBit(size);
    top = size << shift;
    exponent += 1 - i32(shift);
  }
  let bottom = (b & 0x007fffffu) | 0x00800000u;
  if (top < bottom) {
    top <<= 1u;
    exponent -= 1;
  }
  var quotient = u32(f32(top) / f32(bottom) * 0x1p24);
  var rest = i32((top << 24u) - quotient * bottom);
  for (; rest < 0; rest += i32(bottom)) { quotient -= 1u; }
  for (; rest >= i32(bottom); rest -= i32(bottom)) { quotient += 1u; }
  quotient = (quotient << 1u) | select(0u, 1u, rest != 0);
  if (exponent >= 255) { return sign | INFINITY; }
  if (exponent >= 1) { return sign | ((u32(exponent - 1) << 23u) + roundShift(quotient, 2u)); }
  if (exponent < -25) { return sign; }
  return sign | roundShift(quotient, u32(3 - exponent));
}

// f16 bits -> f32 bits.
fn fromF16(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let exponent = (half >> 10u) & 31u;
  let mantissa = half & 0x3ffu;
  if (exponent == 31u) { return sign | INFINITY | (mantissa << 13u); }
  if (exponent != 0u) { return sign | ((exponent + 112u) << 23u) | (mantissa << 13u); }
  if (mantissa == 0u) { return sign; }
  let lead = firstLeadingBit(mantissa);
  return sign | ((lead + 103u) << 23u) | ((mantissa << (23u - lead)) & 0x007fffffu);
}

// f32 bits -> f16 bits, to nearest even, overflow to Inf.
fn toF16(bits: u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let size = magnitude(bits);
  if (size > INFINITY) { return sign | 0x7c00u | max((size >> 13u) & 0x3ffu, 1u); }
  if (size >= 0x477ff000u) { return sign | 0x7c00u; }
  if (size >= 0x38800000u) { return sign | roundShift(size - 0x38000000u, 13u); }
  if (size < 0x33000000u) { return sign; }
  return sign | roundShift((size & 0x007fffffu) | 0x00800000u, 126u - (size >> 23u));
}

// f32 bits -> bf16 bits, to nearest even.
fn toBf16(bits: u32) -> u32 {
  let size = magnitude(bits);
  if (size > INFINITY) { return (bits >> 16u) | select(0u, 0x40u, (size & 0x007f0000u) == 0u); }
  return ((bits >> 16u) & 0x8000u) | roundShift(size, 16u);
}

fn decode(word: u32, element: u32, dtype: u32) -> u32 {
  if (DTYPES == 1u || dtype == F32) { return word; }
  let half = (word >> (16u * (element & 1u))) & 0xffffu;
  if ((DTYPES & 2u) == 0u || dtype == BF16) { return half << 16u; }
  return fromF16(half);
}

fn encode(bits: u32, dtype: u32) -> u32 {
  if (DTYPES == 1u || dtype == F32) { return bits; }
  if ((DTYPES & 2u) == 0u || dtype == BF16) { return toBf16(bits); }
  return toF16(bits);
}

// Word that holds an element of a chunk, counted from the chunk's first word.
fn wordOf(element: u32, dtype: u32) -> u32 {
  return select(element >> 1u, element, DTYPES == 1u || dtype == F32);
}
