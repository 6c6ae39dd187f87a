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
struct Params { elements: u32, words: u32, models: u32, dtype: u32, lambda: f32, zero: u32 }
struct Sum { value: f32, weight: f32, terms: u32, classes: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(4) var<storage, read_write> changed: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

const PLUS_INF: u32 = 1u;
const MINUS_INF: u32 = 2u;
const IS_NAN: u32 = 4u;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn isActive(model: u32, element: u32) -> bool {
  if (!USE_MASKS) { return true; }
  return ((masks[model * params.words + (element >> 5u)] >> (element & 31u)) & 1u) == 1u;
}

// Keeps the compiler from fusing or reordering: `zero` is 0, which it cannot know.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

fn classOf(bits: u32) -> u32 {
  if (magnitude(bits) < INFINITY) { return 0u; }
  if (magnitude(bits) > INFINITY) { return IS_NAN; }
  return select(PLUS_INF, MINUS_INF, bits >> 31u == 1u);
}

// Class of (a − b) for a or b not finite, then of w times it.
fn classOfTerm(a: u32, b: u32, w: f32) -> u32 {
  var kind = classOf(a);
  let other = classOf(b ^ 0x80000000u);
  kind |= other;
  if (kind == 0u) { return 0u; }
  if (w == 0.0 || (kind & IS_NAN) != 0u || kind == (PLUS_INF | MINUS_INF)) { return IS_NAN; }
  return select(kind, 3u - kind, w < 0.0);
}

fn signOf(sum: Sum) -> i32 {
  if (sum.classes == PLUS_INF) { return 1; }
  if (sum.classes == MINUS_INF) { return -1; }
  if (sum.classes != 0u) { return 0; }
  return select(select(0, -1, sum.value < 0.0), 1, sum.value > 0.0);
}

// Sign of w (a − b), denormals told apart.
fn signOfTerm(a: u32, b: u32, w: f32, kind: u32) -> i32 {
  if (kind != 0u) { return signOf(Sum(0.0, w, 1u, kind)); }
  let x = select(i32(magnitude(a)), -i32(magnitude(a)), a >> 31u == 1u);
  let y = select(i32(magnitude(b)), -i32(magnitude(b)), b >> 31u == 1u);
  return select(select(0, -1, x < y), 1, x > y) * i32(sign(w));
}

fn sumOver(element: u32, base: u32, small: bool, elected: i32) -> Sum {
  var sum = Sum(0.0, 0.0, 0u, 0u);
  for (var m = 0u; m < params.models; m++) {
    if (!isActive(m, element)) { continue; }
    let model = inputs[m + 1u];
    let w = bitcast<f32>(model.weight);
    let bits = load(model, element);
    var kind = classOfTerm(bits, select(0u, base, DELTA), w);
    var term = 0.0;
    if (kind == 0u) {
      term = value(bits, small);
      if (DELTA) { term = rounded(term - value(base, small)); }
      term = rounded(w * term);
      kind = classOf(bitcast<u32>(term));
    }
    if (elected != 0 && signOfTerm(bits, base, w, kind) != elected) { continue; }
    sum.weight = select(rounded(sum.weight + w), w, sum.terms == 0u);
    if (kind == 0u && sum.classes == 0u) {
      sum.value = select(rounded(sum.value + term), term, sum.terms == 0u);
      kind = classOf(bitcast<u32>(sum.value));
    }
    sum.classes |= kind;
    sum.terms += 1u;
  }
  return sum;
}

// base + λ · (an infinity or NaN); base is 0 where it is not added.
fn special(classes: u32, base: u32) -> u32 {
  var kinds = classes;
  if (DELTA && params.lambda < 0.0 && kinds < IS_NAN) { kinds = 3u - kinds; }
  kinds |= classOf(base);
  if (DELTA && params.lambda == 0.0) { return NOT_A_NUMBER; }
  if (kinds == PLUS_INF) { return INFINITY; }
  if (kinds == MINUS_INF) { return INFINITY | 0x80000000u; }
  return NOT_A_NUMBER;
}

fn merged(element: u32, base: u32) -> u32 {
  var holders = 0u;
  var only = 0u;
  var largest = select(0u, magnitude(base), DELTA);
  for (var m = 0u; m < params.models; m++) {
    if (!isActive(m, element)) { continue; }
    holders += 1u;
    only = load(inputs[m + 1u], element);
    largest = max(largest, magnitude(only));
  }
  if (holders == 0u) { return base; }
  if (!DELTA && holders == 1u) { return only; }
  let small = largest < SMALL;
  var sum = sumOver(element, base, small, 0);
  if (ELECT) {
    let elected = signOf(sum);
    if (elected == 0) { return base; }
    sum = sumOver(element, base, small, elected);
  }
  if (NORMALIZE && sum.weight <= 0.0) { return base; }
  if (sum.classes != 0u) { return special(sum.classes, select(0u, base, DELTA)); }
  var result = sum.value;
  if (NORMALIZE) { result = divide(result, sum.weight); }
  if (DELTA) { result = rounded(value(base, small) + rounded(params.lambda * result)); }
  return bitsOf(result, small);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  var changedBits = 0u;
  var pair = 0u;
  for (var bit = 0u; bit < min(32u, params.elements - word * 32u); bit++) {
    let element = word * 32u + bit;
    let base = load(inputs[0], element);
    let result = encode(merged(element, base), params.dtype);
    changedBits |= select(0u, 1u << bit, result != encode(base, params.dtype));
    if (params.dtype == F32) {
      out[element] = result;
    } else if ((bit & 1u) == 0u) {
      pair = result;
      out[element >> 1u] = pair;
    } else {
      out[element >> 1u] = pair | (result << 16u);
    }
  }
  changed[word] = changedBits;
}
