// bins[m][b] += number of elements of model m whose |θ_m − θ_pre| has the 16 bits b: the high 16 of 32 bits at
// level 0; at level 1 the low 16 of those whose high bits are the model's prefix. weights: [base | models…].

struct Input { offset: u32, dtype: u32, prefix: u32, unused: u32 }
struct Params { elements: u32, level: u32, threads: u32, unused: u32 }

@group(0) @binding(0) var<storage, read> weights: array<u32>;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read_write> bins: array<atomic<u32>>;
@group(0) @binding(3) var<uniform> params: Params;

fn load(input: Input, element: u32) -> u32 {
  return decode(weights[input.offset + wordOf(element, input.dtype)], element, input.dtype);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * 64u + id.x;
  if (thread >= params.threads) { return; }
  let model = inputs[id.z + 1u];
  for (var element = thread; element < params.elements; element += params.threads) {
    let key = distance(load(model, element), load(inputs[0], element));
    if (params.level == 0u) {
      atomicAdd(&bins[id.z * 65536u + (key >> 16u)], 1u);
    } else if ((key >> 16u) == model.prefix) {
      atomicAdd(&bins[id.z * 65536u + (key & 0xffffu)], 1u);
    }
  }
}
