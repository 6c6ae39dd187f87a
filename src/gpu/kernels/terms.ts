import { bitsFloat } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { createScores, pairValue } from './balance.ts';
import { blockElements, floatsOf, inputWords } from './numeric.ts';

/** The buffers and parameters that kernels over terms begin with. */
export interface TermInputs {
  weights: Uint32Array;
  inputs: Uint32Array;
  masks: Uint32Array;
  words: number;
  models: number;
  constants: Constants;
}

/** What is known of a block of elements, until the next is asked for. */
export interface TermBlock {
  base: Float32Array;
  thetas: readonly Float32Array[];
  /** Of each model the bits of the elements that its mask holds, all without USE_MASKS. */
  holds: readonly Uint32Array[];
  /** Those that some mask holds, and that just one holds. */
  held: Uint32Array;
  single: Uint32Array;
  /** The merged term, and the bits of the elements that have one. */
  merged: Float32Array;
  exists: Uint32Array;
}

const row = () => new Float32Array(blockElements);
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
  const each = <T>(make: (model: number) => T) => Array.from({ length: models }, (_, m) => make(m));
  const factors = each((m) => bitsFloat(inputs[(m + 1) * inputWords + 3]!));
  const shares = each((m) => bitsFloat(inputs[(m + 1) * inputWords + 2]!));
  const scoresOf = { weights, inputs, models };
  const scores = BALANCE ? createScores(scoresOf) : null;
  const decoded = [row(), ...each(row)];
  const terms = each(row);
  /** What the terms of each model count by in a mean. */
  const counts = each((m) => row().fill(shares[m]!));
  const allShares = shares.length > 0 ? shares.reduce((a, b) => Math.fround(a + b)) : 0;
  const [origin, votes, divisors, merged] = [row(), row(), row(), row()];
  const signs = new Int8Array(blockElements);
  const holds = each(bitRow);
  const members = ELECT ? each(bitRow) : holds;
  const [held, single, exists] = [bitRow(), bitRow(), bitRow()];

  return function merge(from: number, count: number): TermBlock {
    const [base = origin, ...thetas] = decoded.map((into, at) =>
      floatsOf(weights, inputs, at, [from, count], into),
    );
    const start = DELTA ? base : origin;
    readMasks(from, count);
    merged.fill(-0);
    exists.fill(0);
    thetas.forEach((theta, m) => {
      if (scores) balance(m, theta, start, [from, count]);
      else if (ELECT || CHOOSE) fillTerms(terms[m]!, theta, start, factors[m]!);
      else addTerms(merged, theta, start, factors[m]!, holds[m]!);
    });
    if (CHOOSE) choose();
    else if (ELECT) elect(thetas, start);
    else exists.set(held);
    if (NORMALIZE && !CHOOSE) divide();
    return { base, thetas, holds, held, single, merged, exists };
  };

  function readMasks(from: number, count: number): void {
    const length = Math.ceil(count / 32);
    held.fill(0);
    single.fill(0);
    holds.forEach((own, m) => {
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
    });
  }

  /** Terms that count by their scores. */
  function balance(
    m: number,
    theta: Float32Array,
    start: Float32Array,
    block: readonly [number, number],
  ): void {
    const count = counts[m]!;
    const scale = pairValue(scoresOf, m, m, 'scale');
    scores?.(m, block, count);
    for (let k = 0; k < block[1]; k++) count[k] = count[k]! * scale;
    fillTerms(terms[m]!, theta, start, 1);
    for (let k = 0; k < block[1]; k++) terms[m]![k] = count[k]! * terms[m]![k]!;
    addHeld(merged, terms[m]!, holds[m]!);
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

  function elect(thetas: readonly Float32Array[], start: Float32Array): void {
    votes.fill(-0);
    thetas.forEach((theta, m) => {
      if (EQUAL_VOTES) addTerms(votes, theta, start, 1, holds[m]!);
      else addHeld(votes, terms[m]!, holds[m]!);
    });
    fillSigns(signs, votes, MERGEKIT);
    terms.forEach((own, m) => {
      keepSign(own, signs, holds[m]!, members[m]!);
      addHeld(merged, own, members[m]!);
      members[m]!.forEach((bits, w) => (exists[w]! |= bits));
    });
  }

  /** Divides by the shares of the holders, after ELECT of the elected; terms end where these are no divisor. */
  function divide(): void {
    if (MERGEKIT && !ELECT) divisors.fill(allShares);
    else {
      divisors.fill(-0);
      members.forEach((own, m) => addHeld(divisors, counts[m]!, own));
    }
    if (MERGEKIT) divideUnless(merged, divisors, ELECT ? 2 ** -126 : 1e-8);
    else divideOrEnd(merged, divisors, exists);
  }
}

function fillTerms(
  terms: Float32Array,
  theta: Float32Array,
  start: Float32Array,
  factor: number,
): void {
  for (let k = 0; k < theta.length; k++) terms[k] = factor * Math.fround(theta[k]! - start[k]!);
}

/** Adds the terms of the held elements to the sums, rounding each time. */
function addTerms(
  sums: Float32Array,
  theta: Float32Array,
  start: Float32Array,
  factor: number,
  holds: Uint32Array,
): void {
  for (let w = 0; w < holds.length; w++) {
    const bits = holds[w]! | 0;
    if (bits === -1)
      for (let k = 32 * w; k < 32 * w + 32; k++)
        sums[k] = sums[k]! + Math.fround(factor * Math.fround(theta[k]! - start[k]!));
    else
      for (let rest = bits; rest !== 0; rest &= rest - 1) {
        const k = 32 * w + 31 - Math.clz32(rest & -rest);
        sums[k] = sums[k]! + Math.fround(factor * Math.fround(theta[k]! - start[k]!));
      }
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

/** The signs that votes elect, 0 for none; under `zeroIsPositive` votes that cancel elect the positive one. */
function fillSigns(signs: Int8Array, votes: Float32Array, zeroIsPositive: number): void {
  for (let k = 0; k < votes.length; k++)
    signs[k] = zeroIsPositive && votes[k] === 0 ? 1 : Math.sign(votes[k]!) || 0;
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

/** |x| as f32 bits, of x as f32 bits: NaN is the largest. */
export function sizeOf(bits: number): number {
  const size = bits & 0x7fffffff;
  return size > 0x7f800000 ? 0x7fc00000 : size;
}
