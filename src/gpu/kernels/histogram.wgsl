// bins[m][b] += number of elements whose key of row m has the 16 bits b: the high 16 of 32 bits at level 0, followed by the low
// 16 of those under each of `bracket` high ones from the row's bound on; at level 1 the low 16 of those under its bound.

struct Params {
  elements: u32, level: u32, threads: u32, rows: u32, share: f32, zero: u32, bracket: u32, unused: u32
}

@group(0) @binding(2) var<storage, read_write> bins: array<atomic<u32>>;
@group(0) @binding(3) var<uniform> params: Params;

fn count(row: u32, prefix: u32, key: u32) {
  let first = row * (1u + params.bracket) * 65536u;
  let high = key >> 16u;
  if (params.level == 0u) {
    atomicAdd(&bins[first + high], 1u);
    if (high >= prefix && high - prefix < params.bracket) {
      atomicAdd(&bins[first + (1u + high - prefix) * 65536u + (key & 0xffffu)], 1u);
    }
  } else if (high == prefix) {
    atomicAdd(&bins[first + (key & 0xffffu)], 1u);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * 64u + id.x;
  if (thread >= params.threads) { return; }
  let bound = inputs[id.z + 1u].bound;
  for (var first = thread * 32u; first < params.elements; first += params.threads * 32u) {
    var odd = 0u;
    for (var element = first; element < min(first + 32u, params.elements); element++) {
      if (isPlainAt(id.z, element)) {
        count(id.z, bound, keyOf(id.z, element, true));
      } else {
        odd |= 1u << (element - first);
      }
    }
    for (; odd != 0u; odd &= odd - 1u) {
      count(id.z, bound, keyOf(id.z, first + firstTrailingBit(odd), false));
    }
  }
}
