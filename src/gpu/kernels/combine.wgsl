// out[k] = the merged weight of element k; bit k of `changed` says that its bytes differ from the base's.
// A = models whose mask holds k (all models without USE_MASKS). Empty A keeps the base's bits. Otherwise
//   plain:             |A| = 1 keeps that model's bits, else Σ_A w θ / Σ_A w
//   DELTA:             θ_pre + λ Σ_A w (θ − θ_pre)
//   DELTA, NORMALIZE:  θ_pre + λ Σ_A w (θ − θ_pre) / Σ_A w
//   ELECT:             A shrinks to the models whose w (θ − θ_pre) has the sign of the sum over A
// weights: [base | models…]; masks: models × words; sums run in model order.

override USE_MASKS: bool = true;
override DELTA: bool = false;
override NORMALIZE: bool = true;
override ELECT: bool = false;

struct Input { offset: u32, dtype: u32, threshold: u32, weight: u32 }
struct Params { elements: u32, words: u32, models: u32, dtype: u32, lambda: u32, zero: u32 }
struct Sum { value: u32, weight: u32, terms: u32 }
// A of one position: its size, the bits of its last model, and whether all its values and the base's are plain.
struct Holders { count: u32, last: u32, plain: bool }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(4) var<storage, read_write> changed: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn isActive(model: u32, element: u32) -> bool {
  if (!USE_MASKS) { return true; }
  return ((masks[model * params.words + (element >> 5u)] >> (element & 31u)) & 1u) == 1u;
}

// Keeps the compiler from fusing or reordering: `zero` is 0, which it cannot know.
fn rounded(bits: u32) -> u32 {
  return bits ^ params.zero;
}

fn signOf(bits: u32) -> i32 {
  if (magnitude(bits) == 0u || magnitude(bits) > INFINITY) { return 0; }
  return select(1, -1, bits >> 31u == 1u);
}

fn holdersOf(element: u32, base: u32) -> Holders {
  var holders = Holders(0u, 0u, isPlain(base, 30u));
  for (var m = 0u; m < params.models; m++) {
    if (!isActive(m, element)) { continue; }
    holders.count += 1u;
    holders.last = load(inputs[m + 1u], element);
    holders.plain &= isPlain(holders.last, 30u);
  }
  return holders;
}

// Sum over A in model order; `elected` ≠ 0 takes the terms of that sign alone.
fn sumOver(element: u32, base: u32, elected: i32, plain: bool) -> Sum {
  var sum = Sum(0u, 0u, 0u);
  for (var m = 0u; m < params.models; m++) {
    if (!isActive(m, element)) { continue; }
    let model = inputs[m + 1u];
    var term = load(model, element);
    if (DELTA) { term = rounded(add(term, base ^ 0x80000000u, plain)); }
    term = rounded(multiply(model.weight, term, plain));
    if (elected != 0 && signOf(term) != elected) { continue; }
    let first = sum.terms == 0u;
    sum.value = select(rounded(add(sum.value, term, plain)), term, first);
    sum.weight = select(rounded(add(sum.weight, model.weight, plain)), model.weight, first);
    sum.terms += 1u;
  }
  return sum;
}

fn merged(element: u32, base: u32, holders: Holders, plain: bool) -> u32 {
  if (!DELTA && holders.count == 1u) { return holders.last; }
  var sum = sumOver(element, base, 0, plain);
  if (ELECT) {
    let elected = signOf(sum.value);
    if (elected == 0) { return base; }
    sum = sumOver(element, base, elected, plain);
  }
  var result = sum.value;
  if (NORMALIZE) {
    if (signOf(sum.weight) <= 0) { return base; }
    result = divide(result, sum.weight);
  }
  if (DELTA) { result = add(base, rounded(multiply(params.lambda, result, plain)), plain); }
  return result;
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

// The positions of a word that have an A, as bits.
fn heldPositions(word: u32) -> u32 {
  if (!USE_MASKS) { return 0xffffffffu; }
  var held = 0u;
  for (var m = 0u; m < params.models; m++) { held |= masks[m * params.words + word]; }
  return held;
}

fn hasPlainFactors() -> bool {
  var plain = isPlain(params.lambda, 10u);
  for (var m = 0u; m < params.models; m++) { plain &= isPlain(inputs[m + 1u].weight, 10u); }
  return plain;
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
