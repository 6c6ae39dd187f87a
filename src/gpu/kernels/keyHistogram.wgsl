// bins[b] += number of k whose key has the 16 bits b: the high 16 at level 0; at level 1 the low 16 of those whose high ones are
// prefix. Keys order as the values: |x| by its bits (KEY 0), |x·y| (KEY 1), or x with its sign (KEY 2). [elements]

struct Params { elements: u32, level: u32, prefix: u32, threads: u32 }

override KEY: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> bins: array<atomic<u32>>;
@group(0) @binding(3) var<uniform> params: Params;

fn keyOf(k: u32) -> u32 {
  let bits = x[k];
  if (KEY == 0u) { return bits & 0x7fffffffu; }
  if (KEY == 1u) { return bitcast<u32>(bitcast<f32>(bits) * y[k]) & 0x7fffffffu; }
  if (bits == 0x80000000u) { return bits; }
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let thread = id.y * groups.x * 64u + id.x;
  if (thread >= params.threads) { return; }
  for (var k = thread; k < params.elements; k += params.threads) {
    let key = keyOf(k);
    if (params.level == 0u) {
      atomicAdd(&bins[key >> 16u], 1u);
    } else if ((key >> 16u) == params.prefix) {
      atomicAdd(&bins[key & 0xffffu], 1u);
    }
  }
}
