// y[k] ← y[k] + scale·x[k], or |x[k]|·scale when ABS (y is overwritten). All [elements].

struct Params { elements: u32, scale: f32 }

override ABS: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  if (ABS == 1u) { y[k] = abs(x[k]) * params.scale; } else { y[k] += params.scale * x[k]; }
}
