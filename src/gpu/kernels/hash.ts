/** A permutation of the 32-bit words (Wellons, "lowbias32"). */
export function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Key of the stream of one model under a seed. */
export function streamKey(seed: number, model: number): number {
  return mix(mix(seed + 0x9e3779b9) + model);
}

/** The word that a stream draws at a position of 64 bits. */
export function draw(key: number, low: number, high: number): number {
  return mix(mix(low ^ key) + mix(high ^ ~key));
}
