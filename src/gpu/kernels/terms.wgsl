// Terms of a merge at one element, and their sums in model order. A = models whose mask holds the element (all models
// without USE_MASKS). A term is f·θ, with DELTA f·τ for τ = θ − θ_pre, which with TAUS is what the models are. The merged term of A is
//   plain:    Σ_A terms, divided by Σ_A shares with NORMALIZE
//   ELECT:    the same after A has shrunk to the models whose term has the sign of Σ_A terms, with EQUAL_VOTES of Σ_A τ
//   CHOOSE:   the one term of largest size, the earlier model's of equal ones
// With MERGEKIT a sum that is 0 elects the positive sign, shares that add up to nothing divide by 1 and negative ones divide,
// and without ELECT the shares of all models count.
// With BALANCE the factor and the share of a model are its score at the element, by balance.wgsl, times its scale.
// weights: [base | models…]; masks: models × words. The parameters beyond `zero` are the kernels' own.

override USE_MASKS: bool = true;
override DELTA: bool = false;
override TAUS: bool = false;
override NORMALIZE: bool = true;
override ELECT: bool = false;
override CHOOSE: bool = false;
override EQUAL_VOTES: bool = false;
override MERGEKIT: bool = false;
override BALANCE: bool = false;

struct Input { offset: u32, dtype: u32, share: u32, factor: u32 }
struct Params { elements: u32, words: u32, models: u32, dtype: u32, lambda: u32, zero: u32, tall: u32, least: u32 }
// `terms` counts what was summed.
struct Sum { value: u32, share: u32, terms: u32 }
// A of one position: its size, the bits of its last model, and whether all its values and the base's are plain.
struct Holders { count: u32, last: u32, plain: bool }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn pairAt(i: u32, j: u32) -> vec4u {
  let pair = inputs[1u + params.models + i * params.models + j];
  return vec4u(pair.offset, pair.dtype, pair.share, pair.factor);
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

fn termOf(model: Input, element: u32, base: u32, plain: bool) -> u32 {
  var term = load(model, element);
  if (DELTA && !TAUS) { term = rounded(add(term, base ^ 0x80000000u, plain)); }
  return rounded(multiply(model.factor, term, plain));
}

// Sum over A in model order; `elected` ≠ 0 takes the terms of that sign alone.
fn sumOver(element: u32, base: u32, elected: i32, plain: bool) -> Sum {
  var sum = Sum(0u, 0u, 0u);
  for (var m = 0u; m < params.models; m++) {
    if (!isActive(m, element)) { continue; }
    var model = inputs[m + 1u];
    if (EQUAL_VOTES && elected == 0) { model.factor = 0x3f800000u; }
    if (BALANCE) {
      let scale = bitcast<f32>(pairAt(m, m).w);
      model.factor = bitcast<u32>(exact(score(m, element, params.models) * scale));
      model.share = model.factor;
    }
    let term = termOf(model, element, base, plain);
    if (elected != 0 && signOf(term) != elected) { continue; }
    let first = sum.terms == 0u;
    sum.value = select(rounded(add(sum.value, term, plain)), term, first);
    sum.share = select(rounded(add(sum.share, model.share, plain)), model.share, first);
    sum.terms += 1u;
  }
  return sum;
}

fn largest(element: u32, base: u32, plain: bool) -> Sum {
  var sum = Sum(0u, 0u, 0u);
  for (var m = 0u; m < params.models; m++) {
    if (!isActive(m, element)) { continue; }
    let term = termOf(inputs[m + 1u], element, base, plain);
    if (sum.terms == 0u || magnitude(term) > magnitude(sum.value)) { sum.value = term; }
    sum.terms += 1u;
  }
  return sum;
}

// Σ shares of all models in model order.
fn allShares(plain: bool) -> u32 {
  var share = inputs[1].share;
  for (var m = 1u; m < params.models; m++) { share = rounded(add(share, inputs[m + 1u].share, plain)); }
  return share;
}

// Shares below 1e-8 divide by 1, those of an elected sign when they are 0.
fn dividedAll(sum: Sum, plain: bool) -> Sum {
  let share = select(allShares(plain), sum.share, ELECT);
  if (magnitude(share) < select(0x322bcc77u, 0x00800000u, ELECT)) { return sum; }
  let sign = share & 0x80000000u;
  return Sum(divide(sum.value ^ sign, magnitude(share)), share, sum.terms);
}

// The merged term of A; `terms` is 0 where there is none: no sign is elected, or the shares are no divisor.
fn mergedTerm(element: u32, base: u32, plain: bool) -> Sum {
  if (CHOOSE) { return largest(element, base, plain); }
  var sum = sumOver(element, base, 0, plain);
  if (ELECT) {
    var elected = signOf(sum.value);
    if (MERGEKIT && magnitude(sum.value) == 0u) { elected = 1; }
    if (elected == 0) { return Sum(0u, 0u, 0u); }
    sum = sumOver(element, base, elected, plain);
  }
  if (!NORMALIZE || sum.terms == 0u) { return sum; }
  if (MERGEKIT) { return dividedAll(sum, plain); }
  if (signOf(sum.share) <= 0) { return Sum(0u, 0u, 0u); }
  sum.value = divide(sum.value, sum.share);
  return sum;
}

// The positions of a word that have an A, as bits.
fn heldPositions(word: u32) -> u32 {
  if (!USE_MASKS) { return 0xffffffffu; }
  var held = 0u;
  for (var m = 0u; m < params.models; m++) { held |= masks[m * params.words + word]; }
  return held;
}

fn hasPlainFactors() -> bool {
  var plain = !BALANCE && isPlain(params.lambda, 10u) && isPlain(params.tall, 10u);
  for (var m = 0u; m < params.models; m++) {
    plain &= isPlain(inputs[m + 1u].factor, 10u) && isPlain(inputs[m + 1u].share, 10u);
  }
  return plain;
}
