// partial[r][t] = Σ over elements k ≡ t (mod 256), in order, of |τ_m[k]|, with SQUARE of τ_m[k]²: of all for r = m, of those
// in the mask of m for r = models + m. Values that are not within 2^±60 count as 0. weights: [base | models…]; masks:
// models × words.

override SQUARE: bool = false;

struct Input { offset: u32, dtype: u32, share: u32, factor: u32 }
struct Params { elements: u32, words: u32, models: u32, zero: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;
@group(0) @binding(3) var<storage, read_write> partial: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn counted(model: u32, element: u32) -> f32 {
  let x = distance(load(inputs[model + 1u], element), load(inputs[0], element), false);
  return bitcast<f32>(select(0u, x, x >= 67u << 23u && x < 187u << 23u));
}

// Keeps the compiler from fusing: `zero` is 0, which it cannot know.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= 256u) { return; }
  let model = id.z % params.models;
  let ofMask = id.z >= params.models;
  var sum = 0.0;
  for (var k = id.x; k < params.elements; k += 256u) {
    if (ofMask && ((masks[model * params.words + (k >> 5u)] >> (k & 31u)) & 1u) == 0u) { continue; }
    var x = counted(model, k);
    if (SQUARE) { x = rounded(x * x); }
    sum = rounded(sum + x);
  }
  partial[id.z * 256u + id.x] = bitcast<u32>(sum);
}
