// θ[k] = θ_pre[k] + γ[k]·τ[k]. FORM 0: γ = σ(S). FORM 1: γ = γ₀ + (1 − 2γ₀)·σ(S − 10), γ₀ bits.
// θ = γ when ALONE. All [elements].

struct Params { elements: u32 }

override FORM: u32 = 0u;
override ALONE: u32 = 0u;

@group(0) @binding(0) var<storage, read> base: array<f32>;
@group(0) @binding(1) var<storage, read> tau: array<f32>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> start: array<u32>;
@group(0) @binding(4) var<storage, read_write> theta: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  let flipped = (start[k >> 5u] >> (k & 31u)) & 1u;
  var gamma = sigmoid(logits[k] - select(0.0, 10.0, FORM == 1u));
  if (FORM == 1u && flipped == 1u) { gamma = 1.0 - gamma; }
  theta[k] = select(base[k] + gamma * tau[k], gamma, ALONE == 1u);
}
