// out[k] = the merged weight of element k; bit k of `changed` says that its bytes differ from the base's. With A and its
// merged term as above: empty A, or no term, keeps the base's bits; without DELTA, |A| = 1 keeps that model's bits (with
// NORMALIZE) and else the merged term is the weight; with DELTA the weight is θ_pre + λ · merged term. With NEAR it goes from
// θ_pre to the one model's θ by min(1, f / max(|τ|, 1e-6)), not at all by less than 2^-126.

override NEAR: bool = false;

@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(4) var<storage, read_write> changed: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

const ONE: u32 = 0x3f800000u;
const LEAST: u32 = 0x358637bdu;

fn near(element: u32, base: u32, plain: bool) -> u32 {
  let other = load(inputs[1], element);
  let change = max(distance(other, base, plain), LEAST);
  let way = min(rounded(multiply(inputs[1].factor, divide(ONE, change), plain)), ONE);
  if (change >= INFINITY || magnitude(way) < 0x00800000u) { return base; }
  let rest = rounded(add(ONE, way ^ 0x80000000u, plain));
  return add(rounded(multiply(way, other, plain)), rounded(multiply(rest, base, plain)), plain);
}

fn merged(element: u32, base: u32, holders: Holders, plain: bool) -> u32 {
  if (NEAR) { return near(element, base, plain); }
  if (!DELTA && NORMALIZE && holders.count == 1u) { return holders.last; }
  let term = mergedTerm(element, base, plain);
  if (term.terms == 0u) { return base; }
  if (!DELTA) { return term.value; }
  return add(base, rounded(multiply(params.lambda, term.value, plain)), plain);
}

// Stores a result; true when its bytes differ from the base's.
fn store(element: u32, bits: u32, base: u32) -> bool {
  let code = encode(bits, params.dtype);
  if (DTYPES == 1u || params.dtype == F32) {
    out[element] = code;
  } else {
    out[element >> 1u] = insertBits(out[element >> 1u], code, 16u * (element & 1u), 16u);
  }
  return code != encode(base, params.dtype);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  let first = word * 32u;
  let count = min(32u, params.elements - first);
  for (var element = first; element < first + count; element++) {
    let base = load(inputs[0], element);
    _ = store(element, base, base);
  }
  let plainFactors = hasPlainFactors();
  var changedBits = 0u;
  var odd = 0u;
  for (var rest = extractBits(heldPositions(word), 0u, count); rest != 0u; rest &= rest - 1u) {
    let bit = firstTrailingBit(rest);
    let base = load(inputs[0], first + bit);
    let holders = holdersOf(first + bit, base);
    if (!holders.plain || !plainFactors) {
      odd |= 1u << bit;
    } else if (store(first + bit, merged(first + bit, base, holders, true), base)) {
      changedBits |= 1u << bit;
    }
  }
  for (; odd != 0u; odd &= odd - 1u) {
    let bit = firstTrailingBit(odd);
    let base = load(inputs[0], first + bit);
    let holders = holdersOf(first + bit, base);
    if (store(first + bit, merged(first + bit, base, holders, false), base)) {
      changedBits |= 1u << bit;
    }
  }
  changed[word] = changedBits;
}
