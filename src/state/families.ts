import type { CheckpointSummary } from '../api/checkpoints.ts';

/** A base with the checkpoints that fit it; without one, those that fit no base. */
export interface Family {
  base: CheckpointSummary | null;
  members: readonly CheckpointSummary[];
}

/** By the ids of bases and of checkpoints: why one cannot be merged with the other, null where it can. */
export type Refusals = ReadonlyMap<string, ReadonlyMap<string, string | null>>;

/** What was marked as a base, the current one first, then the latest. */
export function markedBases(
  checkpoints: readonly CheckpointSummary[],
  current: string | null,
): CheckpointSummary[] {
  const rank = ({ id, baseSince }: CheckpointSummary) =>
    id === current ? Infinity : (baseSince ?? -Infinity);
  return checkpoints
    .filter((each) => rank(each) > -Infinity)
    .toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1));
}

/**
 * Checkpoints by the base they fit, the current one first; a base that fits one marked after it is a fine-tune of that, and what
 * was not asked yet is taken to fit.
 */
export function familiesOf(
  checkpoints: readonly CheckpointSummary[],
  current: string | null,
  refusals: Refusals,
): Family[] {
  const left = new Set(checkpoints);
  const families: Family[] = [];
  for (const base of markedBases(checkpoints, current)) {
    if (!left.delete(base)) continue;
    const known = refusals.get(base.id);
    const members = [...left].filter(({ id }) => (known?.get(id) ?? null) === null);
    for (const each of members) left.delete(each);
    families.push({ base, members });
  }
  return left.size > 0 ? [...families, { base: null, members: [...left] }] : families;
}
