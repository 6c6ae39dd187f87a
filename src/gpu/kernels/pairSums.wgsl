// Of products x of changes of models i and j at elements k ≡ t (mod 256), in order, at level 0 partial[i·models + j][0][t] = min x,
// [1][t] = max x, as f32 bits (2^100 and −2^100 where there is none); at level 1 [0][t] = Σ ⌊8192·e^u + ½⌋, [1][t] = Σ e^(models·u), f32 bits.
// weights: [base | models…]; inputs: the base, the models, then all ordered pairs.

struct Input { offset: u32, dtype: u32, share: u32, scale: u32 }
struct Params { elements: u32, models: u32, level: u32, zero: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read_write> partial: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

fn pairAt(i: u32, j: u32) -> vec4u {
  let pair = inputs[1u + params.models + i * params.models + j];
  return vec4u(pair.offset, pair.dtype, pair.share, pair.scale);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= 256u) { return; }
  let first = id.z / params.models;
  let second = id.z % params.models;
  let pair = pairAt(first, second);
  var least = 0x1p100;
  var most = -least;
  var count = 0u;
  var sum = 0.0;
  for (var k = id.x; k < params.elements; k += 256u) {
    let product = exact(nearChange(first, k) * nearChange(second, k));
    if (params.level == 0u) {
      if (product < least) { least = product; }
      if (product > most) { most = product; }
    } else {
      let e = pairExponential(product, pair);
      count += u32(exact(exact(e * 8192.0) + 0.5));
      sum = exact(sum + power(e, params.models));
    }
  }
  let at = id.z * 512u + id.x;
  partial[at] = select(count, bitcast<u32>(least), params.level == 0u);
  partial[at + 256u] = bitcast<u32>(select(sum, most, params.level == 0u));
}
