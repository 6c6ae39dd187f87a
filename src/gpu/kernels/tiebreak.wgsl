// masks[m] |= the first remaining[m] set bits of ties[m], in position order; remaining[m] -= bits taken.
// masks, ties: models × words. One workgroup per model; each thread owns a run of words.

struct Params { words: u32, threads: u32 }

@group(0) @binding(0) var<storage, read> ties: array<u32>;
@group(0) @binding(1) var<storage, read_write> masks: array<u32>;
@group(0) @binding(2) var<storage, read_write> remaining: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> counts: array<u32, 64>;

fn firstBits(word: u32, count: u32) -> u32 {
  var rest = word;
  for (var taken = 0u; taken < count && rest != 0u; taken++) { rest &= rest - 1u; }
  return word & ~rest;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.z * params.words;
  let run = (params.words + params.threads - 1u) / params.threads;
  let start = min(thread * run, params.words);
  let end = min(start + run, params.words);
  let quota = remaining[group.z];
  var count = 0u;
  for (var word = start; word < end; word++) { count += countOneBits(ties[row + word]); }
  counts[thread] = count;
  workgroupBarrier();
  var before = 0u;
  var total = 0u;
  for (var other = 0u; other < 64u; other++) {
    before += select(0u, counts[other], other < thread);
    total += counts[other];
  }
  for (var word = start; word < end && before < quota; word++) {
    let bits = ties[row + word];
    masks[row + word] |= firstBits(bits, quota - before);
    before += countOneBits(bits);
  }
  storageBarrier();
  if (thread == 0u) { remaining[group.z] = quota - min(quota, total); }
}
