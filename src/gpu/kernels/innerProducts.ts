import type { Kernel } from '../compute.ts';
import source from './innerProducts.wgsl?raw';
import { blockElements, blocksOf, floatsOf } from './numeric.ts';
import numeric from './numeric.wgsl?raw';

const { fround } = Math;

/** Partial sums of an inner product; run with as many threads. */
export const partialSums = 256;

/** Inner products of every pair of models in a fixed order. Params: elements, models, 0. One row per ordered pair. */
export const innerProducts: Kernel = {
  id: 'innerProducts',
  wgsl: numeric + source,
  access: ['read', 'read', 'write'],
  reference([weights, inputs, partial], [elements, models], { DELTA = 0 }) {
    const decoded = new Float32Array(blockElements);
    const rows = Array.from({ length: models! }, () => new Float32Array(blockElements));
    const sums = new Float32Array(models! ** 2 * partialSums);
    for (const block of blocksOf(elements!)) {
      const base = DELTA ? floatsOf(weights!, inputs!, 0, block, decoded) : decoded;
      rows.forEach((own, m) => {
        const theta = floatsOf(weights!, inputs!, m + 1, block, own);
        for (let k = 0; k < block[1]; k++) {
          const value = fround(theta[k]! - base[k]!);
          const size = Math.abs(value);
          own[k] = size >= 2 ** -60 && size < 2 ** 60 ? value : 0;
        }
      });
      for (let m = 0; m < models!; m++)
        for (let n = m; n < models!; n++) {
          const [a, b, first] = [rows[m]!, rows[n]!, (m * models! + n) * partialSums];
          for (let k = 0; k < block[1]; k++) {
            const at = first + (k % partialSums);
            sums[at] = sums[at]! + fround(a[k]! * b[k]!);
          }
        }
    }
    const bits = new Uint32Array(sums.buffer);
    for (let m = 0; m < models!; m++) {
      const [from, to] = [(m * models! + m) * partialSums, (m + 1) * models! * partialSums];
      partial!.set(bits.subarray(from, to), from);
    }
  },
};
