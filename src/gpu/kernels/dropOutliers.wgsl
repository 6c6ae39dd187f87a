// masks[m] loses the bits of masks[models + m]. masks: 2·models × words.

struct Params { words: u32, models: u32 }

@group(0) @binding(0) var<storage, read_write> masks: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  masks[id.z * params.words + word] &= ~masks[(params.models + id.z) * params.words + word];
}
