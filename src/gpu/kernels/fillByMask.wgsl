// out[k] = bit k of mask ? on : off. [elements]

struct Params { elements: u32, on: f32, off: f32 }

@group(0) @binding(0) var<storage, read> mask: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  out[k] = select(params.off, params.on, ((mask[k >> 5u] >> (k & 31u)) & 1u) == 1u);
}
