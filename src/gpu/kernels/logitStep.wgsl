// S ← S − (rate·(x·f + λ)·(±1) − l1·a)·σ′(S), x = g⊙τ, or g alone when SUMMED; f scales a sum to a mean; a = 1 where S > 0, −1
// elsewhere. FORM 1: σ′(S − 10), −1 where γ₀ = 1. bins[b] += number of positions with γ in (b, b + 1] / 20 after the step. All [elements].

struct Params { elements: u32, rate: f32, factor: f32, lambda: f32, l1: f32 }

override FORM: u32 = 0u;
override SUMMED: u32 = 0u;

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> tau: array<f32>;
@group(0) @binding(2) var<storage, read> start: array<u32>;
@group(0) @binding(3) var<storage, read_write> logits: array<f32>;
@group(0) @binding(4) var<storage, read_write> bins: array<atomic<u32>>;
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> local_bins: array<atomic<u32>, 20>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let k = id.y * groups.x * 64u + id.x;
  if (k < params.elements) {
    let shift = select(0.0, 10.0, FORM == 1u);
    let flipped = FORM == 1u && ((start[k >> 5u] >> (k & 31u)) & 1u) == 1u;
    var x = gradient[k];
    if (SUMMED == 0u) { x *= tau[k]; }
    x = x * params.factor + params.lambda;
    let before = logits[k];
    let s = sigmoid(before - shift);
    let slope = s * (1.0 - s);
    let away = params.l1 * select(-slope, slope, before > 0.0);
    let after = before - (params.rate * select(x, -x, flipped) * slope - away);
    logits[k] = after;
    let gamma = sigmoid(after - shift);
    let bin = clamp(i32(ceil(select(gamma, 1.0 - gamma, flipped) * 20.0)) - 1, 0, 19);
    atomicAdd(&local_bins[bin], 1u);
  }
  workgroupBarrier();
  if (lane < 20u) {
    let count = atomicLoad(&local_bins[lane]);
    if (count > 0u) { atomicAdd(&bins[lane], count); }
  }
}
