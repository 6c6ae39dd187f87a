// Draws of counted words: u32 arithmetic alone, so that every adapter draws the same.

// A permutation of the 32-bit words (Wellons, "lowbias32").
fn mix(word: u32) -> u32 {
  var x = word;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

// The word that a stream draws at a position of 64 bits.
fn draw(key: u32, low: u32, high: u32) -> u32 {
  return mix(mix(low ^ key) + mix(high ^ ~key));
}
