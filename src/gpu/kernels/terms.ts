import { bitsFloat } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { createScores, pairValue } from './balance.ts';
import { openRows, rowBytes, rowLoops, type Row } from '../simd/rows.ts';
import { inputWords, loadRow } from './numeric.ts';

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
  base: Row;
  thetas: readonly Row[];
  /** Of each model the bits of the elements that its mask holds, all without USE_MASKS. */
  holds: readonly Row[];
  /** Those that some mask holds, and that just one holds. */
  held: Row;
  single: Row;
  /** The merged term, and the bits of the elements that have one. */
  merged: Row;
  exists: Row;
}

/** Rows for the terms of so many models. */
const termRows = (models: number) => 3 * models + 6 + Math.ceil((2 * models + 4) / 32);

/** Merges the terms of a block at a time, by the formulas of the shader; `more` rows are for the caller. */
export function createTerms(
  { weights, inputs, masks, words, models, constants }: TermInputs,
  more = 0,
) {
  const {
    USE_MASKS = 1,
    DELTA = 0,
    TAUS = 0,
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
  const open = openRows((termRows(models) + more) * rowBytes);
  const base = open.row();
  const thetas = each(open.row);
  const terms = each(open.row);
  /** What the terms of each model count by in a mean. */
  const counts = each(open.row);
  counts.forEach(({ floats }, m) => floats.fill(shares[m]!));
  const allShares = shares.length > 0 ? shares.reduce((a, b) => Math.fround(a + b)) : 0;
  const [origin, votes, divisors, merged] = [open.row(), open.row(), open.row(), open.row()];
  origin.floats.fill(0);
  const holds = each(open.bits);
  const members = ELECT ? each(open.bits) : holds;
  const [held, single, exists] = [open.bits(), open.bits(), open.bits()];
  const start = DELTA && !TAUS ? base : origin;
  const block: TermBlock = { base, thetas, holds, held, single, merged, exists };
  let length = 0;

  function merge(from: number, count: number): TermBlock {
    length = Math.ceil(count / 32);
    [base, ...thetas].forEach((row, at) => loadRow(weights, inputs, at, [from, count], row));
    readMasks(from, count);
    merged.floats.fill(-0);
    exists.words.fill(0);
    thetas.forEach((theta, m) => {
      const [term, factor, hold] = [terms[m]!, factors[m]!, holds[m]!];
      if (scores) balance(m, [from, count]);
      else if (ELECT || CHOOSE) rowLoops.fillTerms(term.at, theta.at, start.at, factor, length);
      else rowLoops.addTerms(merged.at, theta.at, start.at, factor, hold.at, length);
    });
    if (CHOOSE) choose();
    else if (ELECT) elect();
    else exists.words.set(held.words);
    if (NORMALIZE && !CHOOSE) divide();
    return block;
  }

  return { merge, open };

  function readMasks(from: number, count: number): void {
    const first = from >>> 5;
    const [some, one] = [held.words, single.words];
    some.fill(0);
    one.fill(0);
    holds.forEach(({ words: own }, m) => {
      own.fill(0, length);
      if (USE_MASKS) own.set(masks.subarray(m * words + first, m * words + first + length));
      else own.fill(0xffffffff, 0, length);
      if (count & 31) own[length - 1]! &= (1 << (count & 31)) - 1;
      for (let w = 0; w < length; w++) {
        one[w] = (one[w]! & ~own[w]!) | (own[w]! & ~some[w]!);
        some[w]! |= own[w]!;
      }
    });
  }

  /** Terms that count by their scores. */
  function balance(m: number, among: readonly [number, number]): void {
    const [count, term] = [counts[m]!, terms[m]!];
    const scale = pairValue(scoresOf, m, m, 'scale');
    scores?.(m, among, count.floats);
    for (let k = 0; k < among[1]; k++) count.floats[k] = count.floats[k]! * scale;
    rowLoops.fillTerms(term.at, thetas[m]!.at, start.at, 1, length);
    for (let k = 0; k < among[1]; k++) term.floats[k] = count.floats[k]! * term.floats[k]!;
    rowLoops.addHeld(merged.at, term.at, holds[m]!.at, length);
  }

  /** The term of largest size, NaN being the largest, the earlier of equal ones. */
  function choose(): void {
    const [best, chosen] = [merged.words, exists.words];
    terms.forEach(({ words: bits }, m) => {
      const own = holds[m]!.words;
      for (let w = 0; w < length; w++) {
        for (let rest = own[w]!; rest !== 0; rest &= rest - 1) {
          const bit = 31 - Math.clz32(rest & -rest);
          const k = 32 * w + bit;
          const isFirst = !((chosen[w]! >>> bit) & 1);
          if (isFirst || sizeOf(bits[k]!) > sizeOf(best[k]!)) best[k] = bits[k]!;
        }
        chosen[w]! |= own[w]!;
      }
    });
  }

  function elect(): void {
    votes.floats.fill(-0);
    thetas.forEach((theta, m) => {
      const hold = holds[m]!.at;
      if (EQUAL_VOTES) rowLoops.addTerms(votes.at, theta.at, start.at, 1, hold, length);
      else rowLoops.addHeld(votes.at, terms[m]!.at, hold, length);
    });
    terms.forEach((term, m) => {
      const [hold, member] = [holds[m]!, members[m]!];
      rowLoops.keepSign(member.at, term.at, votes.at, hold.at, MERGEKIT, length);
      rowLoops.addHeld(merged.at, term.at, member.at, length);
      for (let w = 0; w < length; w++) exists.words[w]! |= member.words[w]!;
    });
  }

  /** Divides by the shares of the holders, after ELECT of the elected; terms end where these are no divisor. */
  function divide(): void {
    if (MERGEKIT && !ELECT) divisors.floats.fill(allShares);
    else {
      divisors.floats.fill(-0);
      members.forEach((own, m) => rowLoops.addHeld(divisors.at, counts[m]!.at, own.at, length));
    }
    if (MERGEKIT)
      rowLoops.divideUnless(merged.at, divisors.at, ELECT ? 2 ** -126 : leastShare, length);
    else rowLoops.divideOrEnd(merged.at, divisors.at, exists.at, length);
  }
}

/** Smaller sums of shares divide by 1, as in mergekit. */
const leastShare = 1e-8;

/** |x| as f32 bits, of x as f32 bits: NaN is the largest. */
export function sizeOf(bits: number): number {
  const size = bits & 0x7fffffff;
  return size > 0x7f800000 ? 0x7fc00000 : size;
}
