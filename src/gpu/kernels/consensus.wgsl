// agreed[m][w] = the bits of masks[m][w] at positions that at least `least` models hold in their TALL mask:
// |τ_m| ≥ tall · |τ − τ_m| for the merged term τ. masks, agreed: models × words.

@group(0) @binding(3) var<storage, read_write> agreed: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

fn agreesOn(element: u32, plainFactors: bool) -> bool {
  let base = load(inputs[0], element);
  var plain = plainFactors && isPlain(base, 30u);
  for (var m = 0u; m < params.models; m++) { plain &= isPlain(load(inputs[m + 1u], element), 30u); }
  let term = mergedTerm(element, base, plain).value;
  var holders = 0u;
  for (var m = 0u; m < params.models; m++) {
    let tau = rounded(add(load(inputs[m + 1u], element), base ^ 0x80000000u, plain));
    let rest = multiply(params.tall, distance(term, tau, plain), plain);
    if (magnitude(tau) >= magnitude(rest)) { holders += 1u; }
  }
  return holders >= params.least;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.y * groups.x * 64u + id.x;
  if (word >= params.words) { return; }
  let plainFactors = hasPlainFactors();
  var bits = 0u;
  for (var rest = heldPositions(word); rest != 0u; rest &= rest - 1u) {
    let bit = firstTrailingBit(rest);
    if (agreesOn(word * 32u + bit, plainFactors)) { bits |= 1u << bit; }
  }
  for (var m = 0u; m < params.models; m++) {
    agreed[m * params.words + word] = masks[m * params.words + word] & bits;
  }
}
