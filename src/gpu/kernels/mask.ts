import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import source from './mask.wgsl?raw';
import { createKeys, keysWgsl } from './keys.ts';
import { blockElements, blocksOf, floatsOf, inputWords } from './numeric.ts';

/** Bits of keys above, and equal to, each row's bound. Params: elements, words, rows, 0, 1 / rows. One row each. */
export const mask: Kernel = {
  id: 'mask',
  wgsl: keysWgsl + source,
  access: ['read', 'read', 'write', 'write'],
  reference([weights, inputs, above, ties], [elements, words, rows, , share], constants) {
    const of = { weights: weights!, inputs: inputs!, rows: rows!, share: bitsFloat(share ?? 0) };
    const { SPREAD = 0, BALANCE = 0 } = constants;
    const fill = createKeys(of, constants);
    const keys = new Uint32Array(blockElements);
    const decoded = [new Float32Array(blockElements), new Float32Array(blockElements)] as const;
    for (let m = 0; m < rows!; m++) {
      const bound = inputs![(m + 1) * inputWords + 2]!;
      const isFinite = !SPREAD && !BALANCE && bound < 0x7f800000;
      for (const block of blocksOf(elements!)) {
        const first = m * words! + (block[0] >>> 5);
        const [bits, tieBits] = [above!.subarray(first), ties!.subarray(first)];
        if (isFinite) {
          const base = floatsOf(weights!, inputs!, 0, block, decoded[0]);
          const theta = floatsOf(weights!, inputs!, m + 1, block, decoded[1]);
          compareSizes(base, theta, block[1], bitsFloat(bound), bits, tieBits);
        } else {
          fill(m, block, keys);
          compare(keys, block[1], bound, bits, tieBits);
        }
      }
    }
  },
};

/** The same as of keys, for a finite bound: a NaN is above it. */
function compareSizes(
  base: Float32Array,
  theta: Float32Array,
  count: number,
  bound: number,
  above: Uint32Array,
  ties: Uint32Array,
): void {
  for (let first = 0; first < count; first += 32) {
    let [aboveBits, tieBits] = [0, 0];
    const end = Math.min(first + 32, count);
    for (let k = first; k < end; k++) {
      const size = Math.abs(Math.fround(theta[k]! - base[k]!));
      aboveBits |= Number(!(size <= bound)) << (k & 31);
      tieBits |= Number(size === bound) << (k & 31);
    }
    above[first >>> 5] = aboveBits;
    ties[first >>> 5] = tieBits;
  }
}

function compare(
  keys: Uint32Array,
  count: number,
  bound: number,
  above: Uint32Array,
  ties: Uint32Array,
): void {
  for (let first = 0; first < count; first += 32) {
    let [aboveBits, tieBits] = [0, 0];
    const end = Math.min(first + 32, count);
    for (let k = first; k < end; k++) {
      aboveBits |= Number(keys[k]! > bound) << (k & 31);
      tieBits |= Number(keys[k] === bound) << (k & 31);
    }
    above[first >>> 5] = aboveBits;
    ties[first >>> 5] = tieBits;
  }
}
