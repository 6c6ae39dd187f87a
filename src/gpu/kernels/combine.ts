import { bitsFloat } from '../../tensor/float.ts';
import type { Kernel } from '../compute.ts';
import balance from './balance.wgsl?raw';
import source from './combine.wgsl?raw';
import { blockElements, blocksOf, encode, inputWords, wordDtypes } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import { createTerms } from './terms.ts';
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
    const factor = NEAR ? bitsFloat(inputs![inputWords + 3]!) : 0;
    const results = new Uint32Array(blockElements);
    const made = new Float32Array(blockElements);
    const madeBits = new Uint32Array(made.buffer);

    for (const [from, count] of blocksOf(elements)) {
      const { base, thetas, holds, held, single, merged, exists } = mergeTerms(from, count);
      results.set(bitsOf(base));
      if (NEAR) goNear(base, thetas[0]!, factor, made);
      else {
        if (DELTA) addScaled(made, base, merged, lambda);
        else made.set(merged);
        setNaN(madeBits);
      }
      takeHeld(results, madeBits, NEAR ? held : exists);
      if (!NEAR && !DELTA && NORMALIZE)
        thetas.forEach((own, m) => takeHeld(results, bitsOf(own), both(holds[m]!, single)));
      store(results, bitsOf(base), [from, count], dtype, out!, changed!);
    }
  },
};

const bitsOf = ({ buffer, byteOffset, length }: Float32Array) =>
  new Uint32Array(buffer, byteOffset, length);

const both = (a: Uint32Array, b: Uint32Array) => a.map((bits, w) => bits & b[w]!);

/** Takes the values at the elements that a mask holds. */
function takeHeld(into: Uint32Array, values: Uint32Array, holds: Uint32Array): void {
  for (let w = 0; w < holds.length; w++) {
    const bits = holds[w]! | 0;
    if (bits === -1) for (let k = 32 * w; k < 32 * w + 32; k++) into[k] = values[k]!;
    else
      for (let rest = bits; rest !== 0; rest &= rest - 1) {
        const k = 32 * w + 31 - Math.clz32(rest & -rest);
        into[k] = values[k]!;
      }
  }
}

function addScaled(
  made: Float32Array,
  base: Float32Array,
  merged: Float32Array,
  lambda: number,
): void {
  for (let k = 0; k < base.length; k++) made[k] = base[k]! + fround(lambda * merged[k]!);
}

/** Gives every NaN the same bits. */
function setNaN(bits: Uint32Array): void {
  for (let k = 0; k < bits.length; k++)
    if ((bits[k]! & 0x7fffffff) > 0x7f800000) bits[k] = 0x7fc00000;
}

/** From θ_pre towards θ by min(1, factor / max(|τ|, 1e-6)), not at all by less than 2^-126. */
function goNear(base: Float32Array, other: Float32Array, factor: number, made: Float32Array): void {
  made.set(base);
  for (let k = 0; k < other.length; k++) {
    const change = Math.max(Math.abs(fround(other[k]! - base[k]!)), leastChange);
    const way = Math.min(fround(factor * fround(1 / change)), 1);
    if (!(change < Infinity) || way < 2 ** -126) continue;
    made[k] = fround(way * other[k]!) + fround(fround(1 - way) * base[k]!);
  }
}

/** Stores a block in the output dtype, and the bits of what differs from the base; `results` are lost. */
function store(
  results: Uint32Array,
  base: Uint32Array,
  [from, count]: readonly [number, number],
  dtype: number,
  out: Uint32Array,
  changed: Uint32Array,
): void {
  const before = dtype === wordDtypes.F32 ? base : new Uint32Array(count);
  if (before === base) out.set(results.subarray(0, count), from);
  else {
    for (let k = 0; k < count; k++) {
      const code = encode(results[k]!, dtype);
      const at = (from + k) >>> 1;
      out[at] = k & 1 ? out[at]! | (code << 16) : code;
      results[k] = code;
      before[k] = encode(base[k]!, dtype);
    }
  }
  compare(results, before, changed.subarray(from >>> 5), count);
}

/** Bits of the elements that differ. */
function compare(a: Uint32Array, b: Uint32Array, differ: Uint32Array, count: number): void {
  for (let first = 0; first < count; first += 32) {
    let bits = 0;
    const end = Math.min(first + 32, count);
    for (let k = first; k < end; k++) bits |= Number(a[k] !== b[k]) << (k & 31);
    differ[first >>> 5] = bits;
  }
}
