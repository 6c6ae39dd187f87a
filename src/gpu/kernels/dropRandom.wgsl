// masks[m] loses the bits of the positions where the model's stream draws more than its limit; all when it keeps none.
// Element k of the chunk is position low + 2^32·high + k. masks: models × words.

struct Stream { key: u32, limit: u32, keeps: u32, unused: u32 }
struct Params { elements: u32, words: u32, low: u32, high: u32 }

@group(0) @binding(0) var<storage, read> streams: array<Stream>;
@group(0) @binding(1) var<storage, read_write> masks: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  let stream = streams[id.z];
  let held = masks[id.z * params.words + word];
  var kept = 0u;
  for (var rest = select(0u, held, stream.keeps == 1u); rest != 0u; rest &= rest - 1u) {
    let bit = firstTrailingBit(rest);
    let low = params.low + word * 32u + bit;
    let high = params.high + select(0u, 1u, low < params.low);
    if (draw(stream.key, low, high) <= stream.limit) { kept |= 1u << bit; }
  }
  masks[id.z * params.words + word] = kept;
}
