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

fn count(row: u32, prefix: u32, key: u32) {
  if (params.level == 0u) {
    atomicAdd(&bins[row * 65536u + (key >> 16u)], 1u);
  } else if ((key >> 16u) == prefix) {
    atomicAdd(&bins[row * 65536u + (key & 0xffffu)], 1u);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * 64u + id.x;
  if (thread >= params.threads) { return; }
  let model = inputs[id.z + 1u];
  for (var first = thread * 32u; first < params.elements; first += params.threads * 32u) {
    var odd = 0u;
    for (var element = first; element < min(first + 32u, params.elements); element++) {
      let a = load(model, element);
      let b = load(inputs[0], element);
      if (isPlain(a, 30u) && isPlain(b, 30u)) {
        count(id.z, model.prefix, distance(a, b, true));
      } else {
        odd |= 1u << (element - first);
      }
    }
    for (; odd != 0u; odd &= odd - 1u) {
      let element = first + firstTrailingBit(odd);
      count(id.z, model.prefix, distance(load(model, element), load(inputs[0], element), false));
    }
  }
}
