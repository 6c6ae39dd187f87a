/**
 * Loops over rows of float32 elements, four at a time. All arguments are addresses of rows but `words`, the number of words of
 * 32 elements; rows of bits have a word for each. A NaN that is computed becomes the one of bits 0x7fc00000.
 */

const signless: i32 = 0x7fffffff;
const infinity: i32 = 0x7f800000;
const quiet: i32 = 0x7fc00000;

/** The four lanes whose bits are the lowest of `bits`. */
function lanes(bits: u32): v128 {
  const each = i32x4(1, 2, 4, 8);
  return i32x4.eq(v128.and(i32x4.splat(bits), each), each);
}

function withOneNaN(values: v128): v128 {
  return v128.bitselect(values, i32x4.splat(quiet), f32x4.eq(values, values));
}

/** into = halves at `from`, two to a word of memory, each in the high bits of a float32 (bfloat16 as it is then). */
export function decodeBf16(into: usize, from: usize, words: i32): void {
  const high = i32x4.splat(0xffff0000);
  for (const end = into + 128 * words; into < end; into += 32, from += 16) {
    const pairs = v128.load(from);
    const first = i32x4.shl(pairs, 16);
    const second = v128.and(pairs, high);
    v128.store(into, v128.shuffle<i32>(first, second, 0, 4, 1, 5));
    v128.store(into, v128.shuffle<i32>(first, second, 2, 6, 3, 7), 16);
  }
}

/** values = the float16 in their high bits: their exponents grow by 112, those of infinities and NaN to the largest. */
export function widenF16(values: usize, words: i32): void {
  for (const end = values + 128 * words; values < end; values += 16) {
    const half = v128.load(values);
    const size = i32x4.shr_u(v128.and(half, i32x4.splat(0x7fff0000)), 3);
    const grown = f32x4.mul(size, i32x4.splat(0x77800000));
    const isOdd = i32x4.ge_s(size, i32x4.splat(0x0f800000));
    const wide = v128.or(grown, v128.and(isOdd, i32x4.splat(infinity)));
    v128.store(values, v128.or(wide, v128.and(half, i32x4.splat(0x80000000))));
  }
}

/** codes = the float32 in them as bfloat16, to nearest even, one to a word. */
export function encodeBf16(codes: usize, words: i32): void {
  const one = i32x4.splat(1);
  for (const end = codes + 128 * words; codes < end; codes += 16) {
    const bits = v128.load(codes);
    const high = i32x4.shr_u(bits, 16);
    const even = i32x4.add(i32x4.splat(0x7fff), v128.and(high, one));
    const rounded = i32x4.shr_u(i32x4.add(bits, even), 16);
    const silent = i32x4.eq(v128.and(bits, i32x4.splat(0x7f0000)), i32x4.splat(0));
    const nan = v128.or(high, v128.and(silent, i32x4.splat(0x40)));
    const isNaN = i32x4.gt_s(v128.and(bits, i32x4.splat(signless)), i32x4.splat(infinity));
    v128.store(codes, v128.bitselect(nan, rounded, isNaN));
  }
}

/** codes = the float32 in them as float16, to nearest even, one to a word; what is too large is infinite. */
export function encodeF16(codes: usize, words: i32): void {
  const one = i32x4.splat(1);
  const half = f32x4.splat(0.5);
  for (const end = codes + 128 * words; codes < end; codes += 16) {
    const bits = v128.load(codes);
    const sign = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(0x8000));
    const size = v128.and(bits, i32x4.splat(signless));
    const near = i32x4.sub(size, i32x4.splat(0x38000000));
    const even = i32x4.add(i32x4.splat(0xfff), v128.and(i32x4.shr_u(near, 13), one));
    const normal = i32x4.shr_u(i32x4.add(near, even), 13);
    // A half and a small number add up in steps of the smallest float16.
    const small = i32x4.sub(f32x4.add(size, half), half);
    const isSmall = i32x4.lt_s(size, i32x4.splat(0x38800000));
    const finite = v128.bitselect(small, normal, isSmall);
    const isLarge = i32x4.ge_s(size, i32x4.splat(0x477ff000));
    const payload = v128.and(i32x4.shr_u(size, 13), i32x4.splat(0x3ff));
    const isNaN = i32x4.gt_s(size, i32x4.splat(infinity));
    const odd = v128.or(i32x4.splat(0x7c00), v128.and(isNaN, i32x4.max_u(payload, one)));
    v128.store(codes, v128.or(sign, v128.bitselect(odd, finite, isLarge)));
  }
}

/** codes = two of them to a word, and `differ` the bits of those that are not others'. */
export function packCodes(codes: usize, others: usize, differ: usize, words: i32): void {
  let into = codes;
  for (let w = 0; w < words; w++) {
    let bits: u32 = 0;
    for (let bit = 0; bit < 32; bit += 8, codes += 32, others += 32, into += 16) {
      const low = v128.load(codes);
      const high = v128.load(codes, 16);
      bits |= i32x4.bitmask(i32x4.ne(low, v128.load(others))) << bit;
      bits |= i32x4.bitmask(i32x4.ne(high, v128.load(others, 16))) << (bit + 4);
      const even = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
      const odd = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
      v128.store(into, v128.or(even, i32x4.shl(odd, 16)));
    }
    store<u32>(differ + 4 * w, bits);
  }
}

/** into = |θ − base| as f32 bits. */
export function fillDistances(into: usize, base: usize, theta: usize, words: i32): void {
  for (const end = into + 128 * words; into < end; into += 16, base += 16, theta += 16) {
    const change = f32x4.sub(v128.load(theta), v128.load(base));
    const size = v128.and(change, i32x4.splat(signless));
    const isNumber = i32x4.le_s(size, i32x4.splat(infinity));
    v128.store(into, v128.bitselect(size, i32x4.splat(quiet), isNumber));
  }
}

/** Bits of the keys above a bound, and of those equal to it. */
export function compareKeys(above: usize, ties: usize, keys: usize, bound: u32, words: i32): void {
  const limit = i32x4.splat(bound);
  for (let w = 0; w < words; w++) {
    let more: u32 = 0;
    let same: u32 = 0;
    for (let bit = 0; bit < 32; bit += 4, keys += 16) {
      const four = v128.load(keys);
      more |= i32x4.bitmask(i32x4.gt_u(four, limit)) << bit;
      same |= i32x4.bitmask(i32x4.eq(four, limit)) << bit;
    }
    store<u32>(above + 4 * w, more);
    store<u32>(ties + 4 * w, same);
  }
}

/** terms = f · (θ − start) */
export function fillTerms(terms: usize, theta: usize, start: usize, factor: f32, words: i32): void {
  const f = f32x4.splat(factor);
  for (const end = terms + 128 * words; terms < end; terms += 16, theta += 16, start += 16) {
    const change = f32x4.sub(v128.load(theta), v128.load(start));
    v128.store(terms, f32x4.mul(f, change));
  }
}

/** sums += f · (θ − start) at the elements held. */
export function addTerms(
  sums: usize,
  theta: usize,
  start: usize,
  factor: f32,
  held: usize,
  words: i32,
): void {
  const f = f32x4.splat(factor);
  for (let w = 0; w < words; w++) {
    const bits = load<u32>(held + 4 * w);
    if (bits === 0) continue;
    for (let bit: u32 = 0; bit < 32; bit += 4) {
      const at = 128 * w + 4 * bit;
      const change = f32x4.sub(v128.load(theta + at), v128.load(start + at));
      const sum = v128.load(sums + at);
      const next = f32x4.add(sum, f32x4.mul(f, change));
      v128.store(sums + at, v128.bitselect(next, sum, lanes(bits >> bit)));
    }
  }
}

/** sums += values at the elements held. */
export function addHeld(sums: usize, values: usize, held: usize, words: i32): void {
  for (let w = 0; w < words; w++) {
    const bits = load<u32>(held + 4 * w);
    if (bits === 0) continue;
    for (let bit: u32 = 0; bit < 32; bit += 4) {
      const at = 128 * w + 4 * bit;
      const sum = v128.load(sums + at);
      const next = f32x4.add(sum, v128.load(values + at));
      v128.store(sums + at, v128.bitselect(next, sum, lanes(bits >> bit)));
    }
  }
}

/** kept = the elements held at which values have the sign of votes; with `zeroIsPositive` votes of 0 elect the positive one. */
export function keepSign(
  kept: usize,
  values: usize,
  votes: usize,
  held: usize,
  zeroIsPositive: bool,
  words: i32,
): void {
  const zero = f32x4.splat(0);
  for (let w = 0; w < words; w++) {
    const bits = load<u32>(held + 4 * w);
    let agreed: u32 = 0;
    for (let bit: u32 = 0; bits !== 0 && bit < 32; bit += 4) {
      const at = 128 * w + 4 * bit;
      const value = v128.load(values + at);
      const vote = v128.load(votes + at);
      const positive = zeroIsPositive ? f32x4.ge(vote, zero) : f32x4.gt(vote, zero);
      const both = v128.and(positive, f32x4.gt(value, zero));
      const neither = v128.and(f32x4.lt(vote, zero), f32x4.lt(value, zero));
      agreed |= i32x4.bitmask(v128.or(both, neither)) << bit;
    }
    store<u32>(kept + 4 * w, agreed & bits);
  }
}

/** values /= by where |by| is no less than `least`, or `by` no number. */
export function divideUnless(values: usize, by: usize, least: f32, words: i32): void {
  const limit = f32x4.splat(least);
  for (const end = values + 128 * words; values < end; values += 16, by += 16) {
    const value = v128.load(values);
    const divisor = v128.load(by);
    const isLess = f32x4.lt(f32x4.abs(divisor), limit);
    v128.store(values, v128.bitselect(value, f32x4.div(value, divisor), isLess));
  }
}

/** values /= by where `by` is positive; elsewhere their bits go. */
export function divideOrEnd(values: usize, by: usize, exists: usize, words: i32): void {
  for (let w = 0; w < words; w++) {
    let ends: u32 = 0;
    for (let bit: u32 = 0; bit < 32; bit += 4, values += 16, by += 16) {
      const divisor = v128.load(by);
      ends |= i32x4.bitmask(f32x4.gt(divisor, f32x4.splat(0))) << bit;
      v128.store(values, f32x4.div(v128.load(values), divisor));
    }
    store<u32>(exists + 4 * w, load<u32>(exists + 4 * w) & ends);
  }
}

/** into = base + λ · merged where that exists, else base; `differ` the bits of what is not base's. */
export function addMerged(
  into: usize,
  base: usize,
  merged: usize,
  lambda: f32,
  exists: usize,
  differ: usize,
  words: i32,
): void {
  const l = f32x4.splat(lambda);
  for (let w = 0; w < words; w++) {
    const bits = load<u32>(exists + 4 * w);
    let other: u32 = 0;
    for (let bit: u32 = 0; bit < 32; bit += 4) {
      const at = 128 * w + 4 * bit;
      const before = v128.load(base + at);
      const sum = withOneNaN(f32x4.add(before, f32x4.mul(l, v128.load(merged + at))));
      const after = v128.bitselect(sum, before, lanes(bits >> bit));
      other |= i32x4.bitmask(i32x4.ne(after, before)) << bit;
      v128.store(into + at, after);
    }
    store<u32>(differ + 4 * w, other);
  }
}

/** into = merged where that exists, else base; `differ` the bits of what is not base's. */
export function takeMerged(
  into: usize,
  base: usize,
  merged: usize,
  exists: usize,
  differ: usize,
  words: i32,
): void {
  for (let w = 0; w < words; w++) {
    const bits = load<u32>(exists + 4 * w);
    let other: u32 = 0;
    for (let bit: u32 = 0; bit < 32; bit += 4) {
      const at = 128 * w + 4 * bit;
      const before = v128.load(base + at);
      const term = withOneNaN(v128.load(merged + at));
      const after = v128.bitselect(term, before, lanes(bits >> bit));
      other |= i32x4.bitmask(i32x4.ne(after, before)) << bit;
      v128.store(into + at, after);
    }
    store<u32>(differ + 4 * w, other);
  }
}

/** into = θ, bit for bit, where one model alone holds an element; `differ` as it is there then. */
export function takeSingle(
  into: usize,
  base: usize,
  theta: usize,
  held: usize,
  single: usize,
  differ: usize,
  words: i32,
): void {
  for (let w = 0; w < words; w++) {
    const bits = load<u32>(held + 4 * w) & load<u32>(single + 4 * w);
    if (bits === 0) continue;
    let other: u32 = 0;
    for (let bit: u32 = 0; bit < 32; bit += 4) {
      const at = 128 * w + 4 * bit;
      const own = v128.load(theta + at);
      const after = v128.bitselect(own, v128.load(into + at), lanes(bits >> bit));
      other |= i32x4.bitmask(i32x4.ne(after, v128.load(base + at))) << bit;
      v128.store(into + at, after);
    }
    store<u32>(differ + 4 * w, (load<u32>(differ + 4 * w) & ~bits) | (other & bits));
  }
}

/**
 * Adds counts over `rows` rows of masks of `words` words, one after the other, the bits of which are of `elements` positions. By
 * their place in `counts`: for rows i ≤ j those that both hold, at i · rows + j; then those that just k rows hold, k from 0
 * on. `planes` has room for the binary digits of a number of rows.
 */
export function countMasks(
  counts: usize,
  masks: usize,
  rows: i32,
  words: i32,
  elements: i32,
  planes: usize,
): void {
  const owners = counts + 4 * rows * rows;
  const digits = 32 - <i32>clz(rows);
  for (let w = 0; w < words; w++, elements -= 32) {
    const valid: u32 = elements >= 32 ? 0xffffffff : (1 << elements) - 1;
    memory.fill(planes, 0, 4 * digits);
    for (let i = 0; i < rows; i++) {
      const own = load<u32>(masks + 4 * (i * words + w));
      if (own === 0) continue;
      for (let j = i; j < rows; j++) {
        const both = popcnt(own & load<u32>(masks + 4 * (j * words + w)));
        const at = counts + 4 * (i * rows + j);
        store<u32>(at, load<u32>(at) + both);
      }
      // The masks add up, digit by digit, at 32 positions at once.
      let carry = own;
      for (let plane = planes; carry !== 0; plane += 4) {
        const digit = load<u32>(plane);
        store<u32>(plane, digit ^ carry);
        carry &= digit;
      }
    }
    for (let count = 0; count <= rows; count++) {
      let bits = valid;
      for (let digit = 0; digit < digits; digit++) {
        const plane = load<u32>(planes + 4 * digit);
        bits &= (count >> digit) & 1 ? plane : ~plane;
      }
      const at = owners + 4 * count;
      store<u32>(at, load<u32>(at) + popcnt(bits));
    }
  }
}

/** The number of bits. */
export function countBits(from: usize, words: i32): i32 {
  let sum = 0;
  for (const end = from + 4 * words; from < end; from += 4) sum += popcnt(load<u32>(from));
  return sum;
}

/** A permutation of words: `mix` of gpu/kernels/hash.ts. */
function mix(words: v128): v128 {
  let x = v128.xor(words, i32x4.shr_u(words, 16));
  x = i32x4.mul(x, i32x4.splat(0x7feb352d));
  x = v128.xor(x, i32x4.shr_u(x, 15));
  x = i32x4.mul(x, i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** Takes from masks the bits at which a stream draws more than `limit`; bit 0 lies at position `first`, `high` is the mixed part of the others' high words. */
export function dropDrawn(
  masks: usize,
  key: u32,
  limit: u32,
  first: u32,
  high: u32,
  words: i32,
): void {
  const most = i32x4.splat(limit);
  const mixed = i32x4.splat(high);
  const keys = i32x4.splat(key);
  for (const end = masks + 4 * words; masks < end; masks += 4, first += 32) {
    const held = load<u32>(masks);
    if (!held) continue;
    let at = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
    let kept: u32 = 0;
    for (let shift = 0; shift < 32; shift += 4) {
      const drawn = mix(i32x4.add(mix(v128.xor(at, keys)), mixed));
      kept |= i32x4.bitmask(i32x4.le_u(drawn, most)) << shift;
      at = i32x4.add(at, i32x4.splat(4));
    }
    store<u32>(masks, held & kept);
  }
}

/** How many values have all of these bits set, the bits of its exponent: one of each word, or of each half of one. */
export function countOdd(from: usize, words: i32, bits: i32, halves: bool): i32 {
  const ones = i32x4.splat(bits);
  let count: i32 = 0;
  for (const end = from + 4 * words; from < end; from += 16) {
    const set = v128.and(v128.load(from), ones);
    count += halves
      ? popcnt(i16x8.bitmask(i16x8.eq(set, ones)))
      : popcnt(i32x4.bitmask(i32x4.eq(set, ones)));
  }
  return count;
}
