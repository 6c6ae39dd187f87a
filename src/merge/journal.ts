import type { Threshold } from '../scope/threshold.ts';

/** How far a run has come; a run that goes on from it gives the same bytes as one that was never cut off. */
export interface MergeJournal {
  /** Of every group of the plan, in the order of its ranks; null until localized. */
  thresholds: Threshold[] | null;
  /** Positions of each model's τ that are NaN or infinite; known where masks go by density. */
  nonFinite: number[];
  /** Factors of the models in each merged tensor, in order, where the method weighs tensors; null until then. */
  weights?: (number[] | null)[] | null;
  /** What scores go by, where the method has them; absent until measured. */
  pairs?: readonly number[];
  /** Tensors whose singular vectors QL found, and not inverse iteration; absent: none. */
  fellBack?: readonly string[];
  nextChunk: number;
  /** Ties that each row of masks may still take. */
  ties: number[];
  bytesRead: number;
  bytesWritten: number;
  milliseconds: { localize: number; merge: number };
}

export const freshJournal: MergeJournal = {
  thresholds: null,
  nonFinite: [],
  nextChunk: 0,
  ties: [],
  bytesRead: 0,
  bytesWritten: 0,
  milliseconds: { localize: 0, merge: 0 },
};

/** The journal with the time since `started` added to what `before` had. */
export function clock(
  journal: MergeJournal,
  stage: 'localize' | 'merge',
  started: number,
  before = journal,
): MergeJournal {
  const spent = before.milliseconds[stage] + performance.now() - started;
  return { ...journal, milliseconds: { ...journal.milliseconds, [stage]: spent } };
}
