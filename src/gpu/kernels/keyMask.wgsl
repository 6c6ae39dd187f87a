// Bit k of above and ties: the key of x[k] is above, or equal to, the threshold. Keys as in keyHistogram (KEY 0 or 2). [words of 32]

struct Params { elements: u32, words: u32, threshold: u32 }

override KEY: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> above: array<u32>;
@group(0) @binding(2) var<storage, read_write> ties: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

fn keyOf(bits: u32) -> u32 {
  if (KEY == 0u) { return bits & 0x7fffffffu; }
  if (bits == 0x80000000u) { return bits; }
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  var aboveBits = 0u;
  var tieBits = 0u;
  for (var bit = 0u; bit < min(32u, params.elements - word * 32u); bit++) {
    let key = keyOf(x[word * 32u + bit]);
    aboveBits |= select(0u, 1u << bit, key > params.threshold);
    tieBits |= select(0u, 1u << bit, key == params.threshold);
  }
  above[word] = aboveBits;
  ties[word] = tieBits;
}
