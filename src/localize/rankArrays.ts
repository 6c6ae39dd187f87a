import * as array from '../scope/arraySpecs.ts';
import { ScopeArrays } from '../scope/scopeArrays.ts';
import type { KeyBins } from '../scope/select.ts';
import type { LocalizeInput, Workplace } from './contract.ts';

type PerMask = 'tau' | 'S' | 'v' | 'mask';

/** Arrays of masks found by rank: of all together, and τ, scores S, momentum v and bits of mask number `u`. */
export type RankArray = 'base' | 'owners' | 'theta' | `${PerMask}${number}`;

/** Masks at work. */
export interface Ranks {
  arrays: ScopeArrays<RankArray>;
  all: readonly number[];
  /** Those that are not fixed. */
  learned: readonly number[];
  /** Positions that each mask holds. */
  counts: readonly number[];
  bins: readonly KeyBins[];
}

/** The names of such arrays of masks `numbers`. */
export const namesOf = (numbers: readonly number[], ...kinds: PerMask[]) =>
  kinds.flatMap((kind) => numbers.map((u): RankArray => `${kind}${u}`));

/** The arrays; masks that are fixed have no scores and no momentum. */
export function createRankArrays(
  { scope, base, masks }: LocalizeInput,
  { tensors, scratch, budgetBytes }: Workplace,
): ScopeArrays<RankArray> {
  const reads = array.sharedReads(base);
  const specs: Record<RankArray, array.ArraySpec> = {
    base: array.baseValues(reads),
    owners: array.passingArray,
    theta: array.passingArray,
  };
  for (const [u, { tuned, fixed }] of masks.entries()) {
    specs[`tau${u}`] = array.taskVector(reads, tuned, u);
    specs[`mask${u}`] = array.keptBits;
    specs[`S${u}`] = fixed ? array.noArray : array.keptArray;
    specs[`v${u}`] = fixed ? array.noArray : array.keptArray;
  }
  return new ScopeArrays<RankArray>(tensors.compute, scope, specs, scratch, budgetBytes);
}
