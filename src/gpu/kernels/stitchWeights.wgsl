// One task after another: where bit is set, total ← total + τ and owners ← owners + 1 (both from 0 when FIRST); on the LAST,
// θ = θ_pre + total / max(1, owners). All [elements]; mask in bits.

struct Params { elements: u32 }

override FIRST: u32 = 1u;
override LAST: u32 = 1u;

@group(0) @binding(0) var<storage, read> base: array<f32>;
@group(0) @binding(1) var<storage, read> tau: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> owners: array<u32>;
@group(0) @binding(4) var<storage, read_write> theta: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  let held = ((mask[k >> 5u] >> (k & 31u)) & 1u) == 1u;
  var total = select(0.0, tau[k], held);
  var count = select(0u, 1u, held);
  if (FIRST == 0u) {
    total += theta[k];
    count += owners[k];
  }
  owners[k] = count;
  if (LAST == 1u) { total = base[k] + total / f32(max(1u, count)); }
  theta[k] = total;
}
