/**
 * Uniform numbers in [0, 1) from a 32-bit seed (taken modulo 2^32), by Tommy Ettinger's mulberry32. Each call, with
 * all arithmetic modulo 2^32: a += 0x6d2b79f5; t = (a ^ a >> 15) · (a | 1); t ^= t + (t ^ t >> 7) · (t | 61);
 * the result is (t ^ t >> 14) / 2^32, shifts unsigned.
 */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 0 … n − 1 in seeded order: from i = n − 1 down to 1, swap i and ⌊mulberry32(seed) · (i + 1)⌋ (Fisher and Yates). */
export function shuffled(n: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const random = mulberry32(seed);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
