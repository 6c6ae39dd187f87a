// sum[k] ← decay·sum[k] + g[k]·τ[k] / max(1, owners[k]). OWNERS 0: no division. SQUARE: g² in place of g·τ. All [elements].

struct Params { elements: u32, decay: f32 }

override OWNERS: u32 = 0u;
override SQUARE: u32 = 0u;

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> tau: array<f32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  var x = gradient[k];
  if (SQUARE == 1u) { x *= x; } else { x *= tau[k]; }
  if (OWNERS == 1u) { x /= f32(max(1u, owners[k])); }
  sum[k] = params.decay * sum[k] + x;
}
