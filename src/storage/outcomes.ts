import { listKeys, read, readAll, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';

/** What a way to merge came to in a comparison. */
export interface StoredOutcome<T> {
  /** All that determines it. */
  key: string;
  /** Content ids of the checkpoints and of the data that it was measured with. */
  contents: readonly string[];
  /** Plain JSON. */
  value: T;
  /** Milliseconds since 1970. */
  madeAt: number;
}

/** Outcomes that are kept; the oldest go first. */
export const mostOutcomes = 200;

const keyOf = (key: string): Key => ['outcome', key];

export function getOutcome<T>(key: string): Promise<StoredOutcome<T> | undefined> {
  return read<StoredOutcome<T>>(keyOf(key));
}

/** Stores an outcome, and forgets the oldest beyond `mostOutcomes`. */
export async function putOutcome<T>(outcome: StoredOutcome<T>): Promise<void> {
  const others = (await allOutcomes()).filter(({ key }) => key !== outcome.key);
  const old = others.toSorted((a, b) => b.madeAt - a.madeAt).slice(mostOutcomes - 1);
  await write({ remove: old.map(({ key }) => keyOf(key)), put: [[keyOf(outcome.key), outcome]] });
}

/** Deletes outcomes of checkpoints or data that are gone; resolves with their number. */
export async function sweepOutcomes(): Promise<number> {
  const checkpoints = await listKeys<['checkpoint', string]>(keysUnder('checkpoint'));
  const data = await readAll<{ id: string }>(keysUnder('data'));
  const there = new Set([...checkpoints.map(([, id]) => id), ...data.map(({ id }) => id)]);
  const isThere = (id: string) => id.split('+').every((each) => there.has(each));
  const stray = (await allOutcomes()).filter(({ contents }) => !contents.every(isThere));
  await write({ remove: stray.map(({ key }) => keyOf(key)) });
  return stray.length;
}

const allOutcomes = () => readAll<StoredOutcome<unknown>>(keysUnder('outcome'));
