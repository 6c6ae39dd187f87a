import { listKeys, read, readAll, write } from './db.ts';
import { keysUnder } from './keys.ts';

/** A measurement that later runs take over. */
export interface StoredScore {
  /** SHA-256, hex, over all that determines it. */
  id: string;
  /** Content ids of the checkpoints it was measured with. */
  base: string;
  tuned: string;
  value: number;
  /** Examples. */
  n: number;
}

/** The score of this id, undefined when none is stored. */
export function getScore(id: string): Promise<StoredScore | undefined> {
  return read<StoredScore>(['score', id]);
}

export function putScores(scores: readonly StoredScore[]): Promise<void> {
  return write({ put: scores.map((score) => [['score', score.id], score]) });
}

/** Deletes scores of checkpoints that are gone; resolves with their number. */
export async function sweepScores(): Promise<number> {
  const scores = await readAll<StoredScore>(keysUnder('score'));
  const keys = await listKeys<['checkpoint', string]>(keysUnder('checkpoint'));
  const ids = new Set(keys.map((key) => key[1]));
  const stray = scores.filter(({ base, tuned }) => !ids.has(base) || !ids.has(tuned));
  await write({ remove: stray.map(({ id }) => ['score', id]) });
  return stray.length;
}
