import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import balance from './balance.wgsl?raw';
import source from './combine.wgsl?raw';
import { blockElements, blocksOf, encode, inputWords, wordDtypes } from './numeric.ts';
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
    const mergeTerms = createTerms({
      ...{ weights: weights!, inputs: inputs!, masks: masks! },
      ...{ words, models, constants },
    });
    const isF32 = dtype === wordDtypes.F32;
    const factor = NEAR ? bitsFloat(inputs![inputWords + 3]!) : 0;
    const scratch = new Uint32Array(blockElements);
    const select = !NEAR && !DELTA && NORMALIZE === 1;

    for (const [from, count] of blocksOf(elements)) {
      const block = mergeTerms(from, count);
      if (NEAR) goNear(block, factor);
      const into = isF32 ? out!.subarray(from, from + count) : scratch.subarray(0, count);
      const differ = changed!.subarray(from >>> 5, (from + count + 31) >>> 5);
      into.set(bitsOf(block.base));
      if (DELTA && !NEAR) addMerged(into, block, lambda, differ);
      else takeMerged(into, block, differ);
      if (select) takeSingle(into, block, differ);
      if (!isF32) encodeAll(into, bitsOf(block.base), dtype, out!.subarray(from >>> 1), differ);
    }
  },
};

const bitsOf = ({ buffer, byteOffset, length }: Float32Array) =>
  new Uint32Array(buffer, byteOffset, length);

/** θ_pre + λ · merged term where there is one, and the bits of what differs from θ_pre. */
function addMerged(
  into: Uint32Array,
  { base, merged, exists }: TermBlock,
  lambda: number,
  differ: Uint32Array,
): void {
  const values = new Float32Array(into.buffer, into.byteOffset, into.length);
  const before = bitsOf(base);
  for (let w = 0; w < differ.length; w++) {
    let bits = 0;
    if (~exists[w]! === 0) {
      for (let k = 32 * w; k < 32 * w + 32; k++) {
        const value = base[k]! + fround(lambda * merged[k]!);
        values[k] = value;
        if (value !== value) into[k] = 0x7fc00000;
        bits |= Number(into[k] !== before[k]) << (k & 31);
      }
    } else
      for (let rest = exists[w]!; rest !== 0; rest &= rest - 1) {
        const k = 32 * w + 31 - Math.clz32(rest & -rest);
        values[k] = base[k]! + fround(lambda * merged[k]!);
        if (values[k] !== values[k]) into[k] = 0x7fc00000;
        bits |= Number(into[k] !== before[k]) << (k & 31);
      }
    differ[w] = bits;
  }
}

/** The merged term where there is one, and the bits of what differs from θ_pre. */
function takeMerged(
  into: Uint32Array,
  { base, merged, exists }: TermBlock,
  differ: Uint32Array,
): void {
  const [before, terms] = [bitsOf(base), bitsOf(merged)];
  for (let w = 0; w < differ.length; w++) {
    let bits = 0;
    for (let rest = exists[w]!; rest !== 0; rest &= rest - 1) {
      const k = 32 * w + 31 - Math.clz32(rest & -rest);
      const isNaN = (terms[k]! & 0x7fffffff) > 0x7f800000;
      into[k] = isNaN ? 0x7fc00000 : terms[k]!;
      bits |= Number(into[k] !== before[k]) << (k & 31);
    }
    differ[w] = bits;
  }
}

/** The bits of θ where one model alone is held, and of what differs from θ_pre. */
function takeSingle(
  into: Uint32Array,
  { base, thetas, holds, single }: TermBlock,
  differ: Uint32Array,
): void {
  const before = bitsOf(base);
  thetas.forEach((theta, m) => {
    const own = bitsOf(theta);
    for (let w = 0; w < differ.length; w++) {
      const held = holds[m]![w]! & single[w]!;
      let bits = 0;
      for (let rest = held; rest !== 0; rest &= rest - 1) {
        const k = 32 * w + 31 - Math.clz32(rest & -rest);
        into[k] = own[k]!;
        bits |= Number(into[k] !== before[k]) << (k & 31);
      }
      differ[w] = (differ[w]! & ~held) | bits;
    }
  });
}

/** From θ_pre towards θ by min(1, factor / max(|τ|, 1e-6)), not at all by less than 2^-126: as merged terms where it moves. */
function goNear({ base, thetas, held, merged, exists }: TermBlock, factor: number): void {
  const theta = thetas[0]!;
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

/** Results in half precision, and the bits of those that differ from the base there. */
function encodeAll(
  results: Uint32Array,
  base: Uint32Array,
  dtype: number,
  out: Uint32Array,
  differ: Uint32Array,
): void {
  differ.fill(0);
  for (let k = 0; k < results.length; k++) {
    const code = encode(results[k]!, dtype);
    out[k >>> 1] = k & 1 ? out[k >>> 1]! | (code << 16) : code;
    if (code !== encode(base[k]!, dtype)) differ[k >>> 5]! |= 1 << (k & 31);
  }
}
