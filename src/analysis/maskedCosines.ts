/** Scalar products of every pair of masked task vectors, row-major models × models, lower half unused. */
export type MaskedProducts = Float64Array<ArrayBuffer>;

export function emptyProducts(models: number): MaskedProducts {
  return new Float64Array(models * models);
}

/**
 * Adds Σ τᵢτⱼ over the positions that both masks hold: `masks` is models (or more rows) × ⌈elements / 32⌉ words; what is NaN or infinite
 * does not count.
 */
export function addProducts(
  products: MaskedProducts,
  base: Float32Array,
  tuned: readonly Float32Array[],
  masks: Uint32Array,
): void {
  const models = tuned.length;
  const length = Math.ceil(base.length / 32);
  const tau = new Float64Array(models);
  for (let w = 0; w < length; w++) {
    let any = 0;
    for (let m = 0; m < models; m++) any |= masks[m * length + w]!;
    for (; any !== 0; any &= any - 1) {
      const bit = 31 - Math.clz32(any & -any);
      const k = 32 * w + bit;
      for (let m = 0; m < models; m++) {
        const held = (masks[m * length + w]! >>> bit) & 1;
        const change = held ? tuned[m]![k]! - base[k]! : 0;
        tau[m] = Number.isFinite(change) ? change : 0;
      }
      for (let i = 0; i < models; i++)
        if (tau[i] !== 0)
          for (let j = i; j < models; j++) products[i * models + j]! += tau[i]! * tau[j]!;
    }
  }
}

/** Cosines of every pair, row-major models × models; 0 where a masked task vector is nothing. */
export function cosinesOf(products: MaskedProducts): number[] {
  const models = Math.sqrt(products.length);
  return Array.from({ length: models * models }, (_, at) => {
    const [a, b] = [Math.floor(at / models), at % models];
    const dot = products[Math.min(a, b) * models + Math.max(a, b)]!;
    const norms = products[a * models + a]! * products[b * models + b]!;
    if (norms === 0) return 0;
    return a === b ? 1 : dot / Math.sqrt(norms);
  });
}
