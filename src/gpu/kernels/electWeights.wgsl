// One task after another: where bit·τ has the sign of `sum`, mean ← mean + τ, owners ← owners + 1 (both from 0 when FIRST);
// on the LAST, θ = θ_pre + λ · mean / max(1, owners). All [elements]; mask in bits.

struct Params { elements: u32, lambda: f32 }

override FIRST: u32 = 1u;
override LAST: u32 = 1u;

@group(0) @binding(0) var<storage, read> base: array<f32>;
@group(0) @binding(1) var<storage, read> tau: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read> sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> owners: array<u32>;
@group(0) @binding(5) var<storage, read_write> theta: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  let held = ((mask[k >> 5u] >> (k & 31u)) & 1u) == 1u;
  let agrees = held && sign(tau[k]) == sign(sum[k]) && sum[k] != 0.0;
  var mean = select(0.0, tau[k], agrees);
  var count = select(0u, 1u, agrees);
  if (FIRST == 0u) {
    mean += theta[k];
    count += owners[k];
  }
  owners[k] = count;
  if (LAST == 1u) { mean = base[k] + params.lambda * (mean / f32(max(1u, count))); }
  theta[k] = mean;
}
