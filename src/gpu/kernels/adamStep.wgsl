// AdamW: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − rate·(m·c₁ / (√(v·c₂) + ε) + decay·θ). All [elements].

struct Params { elements: u32, rate: f32, beta1: f32, beta2: f32, epsilon: f32, decay: f32, c1: f32, c2: f32 }

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> theta: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.y * groups.x * 64u + id.x;
  if (k >= params.elements) { return; }
  let g = gradient[k];
  let first = params.beta1 * m[k] + (1.0 - params.beta1) * g;
  let second = params.beta2 * v[k] + (1.0 - params.beta2) * g * g;
  m[k] = first;
  v[k] = second;
  let before = theta[k];
  theta[k] = before - params.rate * (first * params.c1 / (sqrt(second * params.c2) + params.epsilon) + params.decay * before);
}
