// The score of model i at an element: e^(n·u_ii) · Σ_j c_ij·e^u_ij over all n models, u_ij = (τ_i·τ_j − lo_ij)·inv_ij, in f32 by
// plain + and × alone: e^u for u in [0, 1] is its Taylor polynomial of degree 10. Changes that are not within 2^±48 count as
// 0. A file that holds this has `load`, `inputs`, `params.zero` and pairAt(i, j): the bits of (lo, inv, c, scale).

const TAYLOR = array<f32, 11>(
  1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0,
);

// Keeps the compiler from fusing: `zero` is 0, which it cannot know.
fn exact(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

fn nearChange(model: u32, element: u32) -> f32 {
  let tau = add(load(inputs[model + 1u], element), load(inputs[0], element) ^ 0x80000000u, false);
  let isNear = magnitude(tau) >= 79u << 23u && magnitude(tau) < 175u << 23u;
  return bitcast<f32>(select(0u, tau, isNear));
}

fn exponential(u: f32) -> f32 {
  var sum = TAYLOR[0];
  for (var i = 1u; i < 11u; i++) { sum = exact(exact(sum * u) + TAYLOR[i]); }
  return sum;
}

fn pairExponential(product: f32, pair: vec4u) -> f32 {
  return exponential(exact(exact(product - bitcast<f32>(pair.x)) * bitcast<f32>(pair.y)));
}

fn power(x: f32, models: u32) -> f32 {
  var product = x;
  for (var i = 1u; i < models; i++) { product = exact(product * x); }
  return product;
}

fn score(model: u32, element: u32, models: u32) -> f32 {
  let change = nearChange(model, element);
  var own = 0.0;
  var sum = 0.0;
  for (var other = 0u; other < models; other++) {
    let pair = pairAt(model, other);
    let e = pairExponential(exact(change * nearChange(other, element)), pair);
    if (other == model) { own = e; }
    sum = exact(sum + exact(e * bitcast<f32>(pair.z)));
  }
  return exact(power(own, models) * sum);
}
