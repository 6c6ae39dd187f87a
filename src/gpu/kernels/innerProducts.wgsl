// partial[m·models + n][t] = Σ over elements k ≡ t (mod 256), in order, of x_m[k]·x_n[k], for m ≤ n; x = θ, with DELTA
// τ = θ − θ_pre. Values that are not within 2^±60 count as 0. weights: [base | models…].

override DELTA: bool = false;

struct Input { offset: u32, dtype: u32, share: u32, factor: u32 }
struct Params { elements: u32, models: u32, zero: u32, unused: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read_write> partial: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn counted(model: Input, element: u32) -> f32 {
  var x = load(model, element);
  if (DELTA) { x = add(x, load(inputs[0], element) ^ 0x80000000u, false); }
  return bitcast<f32>(select(0u, x, magnitude(x) >= 67u << 23u && magnitude(x) < 187u << 23u));
}

// Keeps the compiler from fusing: `zero` is 0, which it cannot know.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = id.z / params.models;
  let second = id.z % params.models;
  if (id.x >= 256u || first > second) { return; }
  var sum = 0.0;
  for (var k = id.x; k < params.elements; k += 256u) {
    sum = rounded(sum + rounded(counted(inputs[first + 1u], k) * counted(inputs[second + 1u], k)));
  }
  partial[id.z * 256u + id.x] = bitcast<u32>(sum);
}
