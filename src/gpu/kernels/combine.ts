import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import balance from './balance.wgsl?raw';
import source from './combine.wgsl?raw';
import { rowLoops, type Row } from '../simd/rows.ts';
import { blocksOf, inputWords, wordDtypes } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import { createTerms, type TermBlock } from './terms.ts';
import terms from './terms.wgsl?raw';

const { fround } = Math;

/** Changes below it count as it with NEAR, as in mergekit. */
const leastChange = fround(1e-6);

/**
 * Merged weights of a chunk, and which of them differ from the base: see the shader for the formulas.
 * Params: elements, words, models, output dtype, λ (f32 bits), 0, 0, 0.
 */
export const combine: Kernel = {
  id: 'combine',
  wgsl: numeric + balance + terms + source,
  access: ['read', 'read', 'read', 'write', 'write'],
  reference([weights, inputs, masks, out, changed], params, constants) {
    const [elements = 0, words = 0, models = 0, dtype = 0, lambdaBits = 0] = params;
    const { DELTA = 0, NORMALIZE = 1, NEAR = 0 } = constants;
    const lambda = bitsFloat(lambdaBits);
    const isF32 = dtype === wordDtypes.F32;
    const { merge, open } = createTerms(
      { weights: weights!, inputs: inputs!, masks: masks!, words, models, constants },
      ownRows,
    );
    const [result, differ] = [open.row(), open.bits()];
    const factor = NEAR ? bitsFloat(inputs![inputWords + 3]!) : 0;
    const select = !NEAR && !DELTA && NORMALIZE === 1;

    for (const [from, count] of blocksOf(elements)) {
      const length = Math.ceil(count / 32);
      const block = merge(from, count);
      if (NEAR) goNear(block, factor);
      const { base, merged, exists } = block;
      const into = [result.at, base.at, merged.at] as const;
      if (DELTA && !NEAR) rowLoops.addMerged(...into, lambda, exists.at, differ.at, length);
      else rowLoops.takeMerged(...into, exists.at, differ.at, length);
      if (select) takeSingle(result, block, differ, length);
      if (!isF32) encodeRow(result, base, dtype, differ, length);
      if (isF32) out!.set(result.words.subarray(0, count), from);
      else {
        if (count & 1) result.words[count >>> 1]! &= 0xffff;
        out!.set(result.words.subarray(0, Math.ceil(count / 2)), from >>> 1);
      }
      changed!.set(differ.words.subarray(0, length), from >>> 5);
    }
  },
};

/** The result, and the bits of what differs in it. */
const ownRows = 2;

/** The bits of θ where one model alone is held, and of what differs from θ_pre. */
function takeSingle(
  result: Row,
  { base, thetas, holds, single }: TermBlock,
  differ: Row,
  length: number,
): void {
  thetas.forEach((theta, m) => {
    const at = [holds[m]!.at, single.at, differ.at] as const;
    rowLoops.takeSingle(result.at, base.at, theta.at, ...at, length);
  });
}

/** From θ_pre towards θ by min(1, factor / max(|τ|, 1e-6)), not at all by less than 2^-126: as merged terms where it moves. */
function goNear(block: TermBlock, factor: number): void {
  const [base, theta, merged] = [block.base, block.thetas[0]!, block.merged].map(
    ({ floats }) => floats,
  ) as [Float32Array, Float32Array, Float32Array];
  const [held, exists] = [block.held.words, block.exists.words];
  for (let k = 0; k < base.length; k++) {
    const change = Math.max(Math.abs(fround(theta[k]! - base[k]!)), leastChange);
    const way = Math.min(fround(factor * fround(1 / change)), 1);
    const bit = 1 << (k & 31);
    if (!(held[k >>> 5]! & bit) || !(change < Infinity) || way < 2 ** -126)
      exists[k >>> 5]! &= ~bit;
    else {
      merged[k] = fround(way * theta[k]!) + fround(fround(1 - way) * base[k]!);
      exists[k >>> 5]! |= bit;
    }
  }
}

/** Results in half precision, two to a word, and the bits of those that differ from the base there, which is lost. */
function encodeRow(result: Row, base: Row, dtype: number, differ: Row, length: number): void {
  for (const { at } of [result, base]) {
    if (dtype === wordDtypes.F16) rowLoops.encodeF16(at, length);
    else rowLoops.encodeBf16(at, length);
  }
  rowLoops.packCodes(result.at, base.at, differ.at, length);
}
