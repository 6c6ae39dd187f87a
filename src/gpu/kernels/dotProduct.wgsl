// partial[p] = Σ over k ≡ p (mod 256) of x[k]·y[k], in order of k; the sum of the 256 partials is x·y. x, y: [elements].

struct Params { elements: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= 256u) { return; }
  var sum = 0.0;
  for (var k = id.x; k < params.elements; k += 256u) { sum += x[k] * y[k]; }
  partial[id.x] = sum;
}
