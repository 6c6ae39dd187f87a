// The key of a row at an element, f32 bits of what positions are ranked by: |θ_m − θ_pre|; with SPREAD Σ_m (τ_m − mean τ)²
// over all rows, values that are not within 2^±60 counting as 0; with BALANCE the score of balance.wgsl, the rows being all
// models. weights: [base | models…].

override SPREAD: bool = false;
override BALANCE: bool = false;

struct Input { offset: u32, dtype: u32, bound: u32, unused: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn pairAt(i: u32, j: u32) -> vec4u {
  let pair = inputs[1u + params.rows + i * params.rows + j];
  return vec4u(pair.offset, pair.dtype, pair.bound, pair.unused);
}

fn isCounted(bits: u32) -> bool {
  return magnitude(bits) >= 67u << 23u && magnitude(bits) < 187u << 23u;
}

// Keeps the compiler from fusing: `zero` is 0, which it cannot know.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

fn change(row: u32, element: u32, base: u32) -> f32 {
  let tau = add(load(inputs[row + 1u], element), base ^ 0x80000000u, false);
  return bitcast<f32>(select(0u, tau, isCounted(tau)));
}

fn spread(element: u32) -> u32 {
  let base = load(inputs[0], element);
  var sum = 0.0;
  for (var row = 0u; row < params.rows; row++) { sum = rounded(sum + change(row, element, base)); }
  let mean = rounded(sum * params.share);
  var squares = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    let apart = rounded(change(row, element, base) - mean);
    squares = rounded(squares + rounded(apart * apart));
  }
  let bits = bitcast<u32>(squares);
  return select(0u, bits, isCounted(bits));
}

fn isPlainAt(row: u32, element: u32) -> bool {
  return SPREAD || BALANCE || (isPlain(load(inputs[row + 1u], element), 30u) && isPlain(load(inputs[0], element), 30u));
}

fn keyOf(row: u32, element: u32, plain: bool) -> u32 {
  if (SPREAD) { return spread(element); }
  if (BALANCE) { return bitcast<u32>(score(row, element, params.rows)); }
  return distance(load(inputs[row + 1u], element), load(inputs[0], element), plain);
}
