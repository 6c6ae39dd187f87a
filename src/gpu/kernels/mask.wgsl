// above[m][w], ties[m][w]: bit k of word w says that |θ_m − θ_pre| of element 32w + k is above, or equal to,
// the model's threshold (f32 bits). weights: [base | models…].

struct Input { offset: u32, dtype: u32, threshold: u32, unused: u32 }
struct Params { elements: u32, words: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read_write> above: array<u32>;
@group(0) @binding(3) var<storage, read_write> ties: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  let model = inputs[id.z + 1u];
  let first = word * 32u;
  var aboveBits = 0u;
  var tieBits = 0u;
  var odd = 0u;
  for (var bit = 0u; bit < min(32u, params.elements - first); bit++) {
    let a = load(model, first + bit);
    let b = load(inputs[0], first + bit);
    let plain = isPlain(a, 30u) && isPlain(b, 30u);
    let key = distance(a, b, true);
    aboveBits |= select(0u, 1u << bit, plain && key > model.threshold);
    tieBits |= select(0u, 1u << bit, plain && key == model.threshold);
    odd |= select(1u << bit, 0u, plain);
  }
  for (; odd != 0u; odd &= odd - 1u) {
    let bit = firstTrailingBit(odd);
    let key = distance(load(model, first + bit), load(inputs[0], first + bit), false);
    aboveBits |= select(0u, 1u << bit, key > model.threshold);
    tieBits |= select(0u, 1u << bit, key == model.threshold);
  }
  above[id.z * params.words + word] = aboveBits;
  ties[id.z * params.words + word] = tieBits;
}
