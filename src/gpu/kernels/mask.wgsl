// above[m][w], ties[m][w]: bit k of word w says that the key of row m at element 32w + k is above, or equal to, its bound.

struct Params { elements: u32, words: u32, rows: u32, zero: u32, share: f32 }

@group(0) @binding(2) var<storage, read_write> above: array<u32>;
@group(0) @binding(3) var<storage, read_write> ties: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  let bound = inputs[id.z + 1u].bound;
  let first = word * 32u;
  var aboveBits = 0u;
  var tieBits = 0u;
  var odd = 0u;
  for (var bit = 0u; bit < min(32u, params.elements - first); bit++) {
    let plain = isPlainAt(id.z, first + bit);
    let key = keyOf(id.z, first + bit, true);
    aboveBits |= select(0u, 1u << bit, plain && key > bound);
    tieBits |= select(0u, 1u << bit, plain && key == bound);
    odd |= select(1u << bit, 0u, plain);
  }
  for (; odd != 0u; odd &= odd - 1u) {
    let bit = firstTrailingBit(odd);
    let key = keyOf(id.z, first + bit, false);
    aboveBits |= select(0u, 1u << bit, key > bound);
    tieBits |= select(0u, 1u << bit, key == bound);
  }
  above[id.z * params.words + word] = aboveBits;
  ties[id.z * params.words + word] = tieBits;
}
