import { bitsFloat } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { createScores, pairValue } from './balance.ts';
import { blockElements, inputWords, readFloats } from './numeric.ts';

/** The buffers and parameters that kernels over terms begin with. */
export interface TermInputs {
  weights: Uint32Array;
  inputs: Uint32Array;
  masks: Uint32Array;
  words: number;
  models: number;
  constants: Constants;
}

/** What is known of a block of elements; the arrays are filled anew for each. */
export interface TermBlock {
  /** θ_pre, and τ of each model, without DELTA θ. */
  base: Float32Array;
  changes: readonly Float32Array[];
  /** Of each model the bits of the elements that its mask holds, all without USE_MASKS. */
  holds: readonly Uint32Array[];
  /** Those that some mask holds, and that just one holds. */
  held: Uint32Array;
  single: Uint32Array;
  /** The merged term, and the bits of the elements that have one. */
  merged: Float32Array;
  exists: Uint32Array;
}

const rows = (count: number) =>
  Array.from({ length: count }, () => new Float32Array(blockElements));
const bitRow = () => new Uint32Array(blockElements / 32);

/** Merges the terms of a block at a time, by the formulas of the shader. */
export function createTerms({ weights, inputs, masks, words, models, constants }: TermInputs) {
  const {
    USE_MASKS = 1,
    DELTA = 0,
    NORMALIZE = 1,
    ELECT = 0,
    CHOOSE = 0,
    EQUAL_VOTES = 0,
    MERGEKIT = 0,
    BALANCE = 0,
  } = constants;
  const scoresOf = { weights, inputs, models };
  const scores = BALANCE ? createScores(scoresOf) : null;
  const base = new Float32Array(blockElements);
  const [changes, terms] = [rows(models), rows(models)];
  /** What the terms of each model count by in a mean. */
  const counts = rows(models);
  const [votes, shares, merged] = rows(3) as [Float32Array, Float32Array, Float32Array];
  const signs = new Int8Array(blockElements);
  const holds = Array.from({ length: models }, bitRow);
  const members = ELECT ? Array.from({ length: models }, bitRow) : holds;
  const [held, single, exists] = [bitRow(), bitRow(), bitRow()];
  const word = (m: number, at: number) => bitsFloat(inputs[(m + 1) * inputWords + at]!);
  const block: TermBlock = { base, changes, holds, held, single, merged, exists };

  return function merge(from: number, count: number): TermBlock {
    readMasks(from, count);
    readTerms(from, count);
    merged.fill(-0);
    exists.fill(0);
    if (CHOOSE) choose();
    else if (ELECT) elect(count);
    else {
      terms.forEach((own, m) => addHeld(merged, own, holds[m]!));
      exists.set(held);
    }
    if (NORMALIZE && !CHOOSE) divide();
    return block;
  };

  function readMasks(from: number, count: number): void {
    const length = Math.ceil(count / 32);
    held.fill(0);
    single.fill(0);
    for (let m = 0; m < models; m++) {
      const own = holds[m]!;
      if (USE_MASKS) {
        const first = m * words + (from >>> 5);
        own.set(masks.subarray(first, first + length));
      } else own.fill(0xffffffff, 0, length);
      own.fill(0, length);
      if (count & 31) own[length - 1]! &= (1 << (count & 31)) - 1;
      for (let w = 0; w < length; w++) {
        single[w] = (single[w]! & ~own[w]!) | (own[w]! & ~held[w]!);
        held[w]! |= own[w]!;
      }
    }
  }

  function readTerms(from: number, count: number): void {
    readFloats(weights, inputs, 0, [from, count], base);
    for (let m = 0; m < models; m++) {
      const [own, term] = [changes[m]!, terms[m]!];
      readFloats(weights, inputs, m + 1, [from, count], own);
      if (DELTA) subtract(own, base);
      if (scores) {
        const factor = counts[m]!;
        const scale = pairValue(scoresOf, m, m, 'scale');
        scores(m, [from, count], factor);
        for (let k = 0; k < count; k++) {
          factor[k] = factor[k]! * scale;
          term[k] = factor[k]! * own[k]!;
        }
      } else {
        const factor = word(m, 3);
        counts[m]!.fill(word(m, 2));
        multiply(term, own, factor);
      }
    }
  }

  /** The term of largest size, NaN being the largest, the earlier of equal ones. */
  function choose(): void {
    const best = new Uint32Array(merged.buffer);
    terms.forEach((own, m) => {
      const bits = new Uint32Array(own.buffer);
      for (let w = 0; w < exists.length; w++) {
        for (let rest = holds[m]![w]!; rest !== 0; rest &= rest - 1) {
          const bit = 31 - Math.clz32(rest & -rest);
          const k = 32 * w + bit;
          const isFirst = !((exists[w]! >>> bit) & 1);
          if (isFirst || sizeOf(bits[k]!) > sizeOf(best[k]!)) best[k] = bits[k]!;
        }
        exists[w]! |= holds[m]![w]!;
      }
    });
  }

  function elect(count: number): void {
    votes.fill(-0);
    const voting = EQUAL_VOTES ? changes : terms;
    voting.forEach((own, m) => addHeld(votes, own, holds[m]!));
    for (let k = 0; k < count; k++)
      signs[k] = MERGEKIT && votes[k] === 0 ? 1 : Math.sign(votes[k]!) || 0;
    terms.forEach((own, m) => {
      keepSign(own, signs, holds[m]!, members[m]!);
      addHeld(merged, own, members[m]!);
      members[m]!.forEach((bits, w) => (exists[w]! |= bits));
    });
  }

  /** Divides by the shares of the holders, after ELECT of the elected; terms end where these are no divisor. */
  function divide(): void {
    if (MERGEKIT && !ELECT) shares.fill(allShares());
    else {
      shares.fill(-0);
      members.forEach((own, m) => addHeld(shares, counts[m]!, own));
    }
    if (MERGEKIT) divideUnless(merged, shares, ELECT ? 2 ** -126 : 1e-8);
    else divideOrEnd(merged, shares, exists);
  }

  function allShares(): number {
    let sum = word(0, 2);
    for (let m = 1; m < models; m++) sum = Math.fround(sum + word(m, 2));
    return sum;
  }
}

function subtract(from: Float32Array, values: Float32Array): void {
  for (let k = 0; k < from.length; k++) from[k] = from[k]! - values[k]!;
}

function multiply(into: Float32Array, values: Float32Array, factor: number): void {
  for (let k = 0; k < into.length; k++) into[k] = factor * values[k]!;
}

/** Quotients but where a divisor is below `least`. */
function divideUnless(values: Float32Array, by: Float32Array, least: number): void {
  for (let k = 0; k < values.length; k++)
    if (!(Math.abs(by[k]!) < least)) values[k] = values[k]! / by[k]!;
}

/** Quotients, and no bit where a divisor is not positive. */
function divideOrEnd(values: Float32Array, by: Float32Array, exists: Uint32Array): void {
  for (let k = 0; k < values.length; k++) {
    if (by[k]! > 0) values[k] = values[k]! / by[k]!;
    else exists[k >>> 5]! &= ~(1 << (k & 31));
  }
}

/** The held elements at which values have the sign of `signs`. */
function keepSign(
  values: Float32Array,
  signs: Int8Array,
  holds: Uint32Array,
  kept: Uint32Array,
): void {
  for (let w = 0; w < holds.length; w++) {
    let agreed = 0;
    if (holds[w] !== 0)
      for (let k = 32 * w; k < 32 * w + 32; k++)
        agreed |= Number(values[k]! * signs[k]! > 0) << (k & 31);
    kept[w] = agreed & holds[w]!;
  }
}

/** Adds to the sums the values at the elements that a mask holds, rounding each time. */
function addHeld(sums: Float32Array, values: Float32Array, holds: Uint32Array): void {
  for (let w = 0; w < holds.length; w++) {
    const bits = holds[w]! | 0;
    if (bits === -1) for (let k = 32 * w; k < 32 * w + 32; k++) sums[k] = sums[k]! + values[k]!;
    else
      for (let rest = bits; rest !== 0; rest &= rest - 1) {
        const k = 32 * w + 31 - Math.clz32(rest & -rest);
        sums[k] = sums[k]! + values[k]!;
      }
  }
}

/** |x| as f32 bits, of x as f32 bits: NaN is the largest. */
export function sizeOf(bits: number): number {
  const size = bits & 0x7fffffff;
  return size > 0x7f800000 ? 0x7fc00000 : size;
}
