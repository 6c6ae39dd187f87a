import { read, readAll, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';
import type { MadeWith } from './madeWith.ts';

/** What a way to merge came to on test data. */
export interface StoredOutcome<Value> extends MadeWith {
  value: Value;
  /** Milliseconds since 1970. */
  madeAt: number;
}

/** Outcomes that are kept; the oldest go first. */
export const mostOutcomes = 256;

export function getOutcome<Value>(id: string): Promise<StoredOutcome<Value> | undefined> {
  return read<StoredOutcome<Value>>(['outcome', id]);
}

/** Stores an outcome, and forgets the oldest beyond `mostOutcomes`. */
export async function putOutcome(outcome: StoredOutcome<unknown>): Promise<void> {
  const stored = await readAll<StoredOutcome<unknown>>(keysUnder('outcome'));
  const others = stored.filter(({ id }) => id !== outcome.id);
  const old = others.toSorted((a, b) => b.madeAt - a.madeAt).slice(mostOutcomes - 1);
  const remove = old.map(({ id }): Key => ['outcome', id]);
  await write({ remove, put: [[['outcome', outcome.id], outcome]] });
}
