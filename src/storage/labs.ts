import { read, readAll, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';
import { keysMadeWith, type MadeWith } from './madeWith.ts';

/** What was measured with models and data that are held in memory together. */
export interface StoredLab extends MadeWith {
  /** Of test examples `n` were told right; `key` says by which model, of which task. */
  scores: readonly { key: string; task: number; right: number; n: number }[];
  /** Milliseconds since 1970. */
  usedAt: number;
}

/** What a search by a localizer found of one task: a value for each position in scope, little-endian f32. */
export interface StoredRanking<Facts> {
  lab: string;
  by: string;
  task: number;
  /** How it came about; plain JSON. */
  facts: Facts;
  values: Blob;
  /** Milliseconds since 1970. */
  madeAt: number;
}

/** Labs that are kept, and bytes of rankings in all; the oldest go first. */
export const mostLabs = 32;
export const mostRankingBytes = 256 * 2 ** 20;

export function getLab(id: string): Promise<StoredLab | undefined> {
  return read<StoredLab>(['lab', id]);
}

/** Stores what a lab knows, in place of what it knew, and forgets the oldest beyond `mostLabs`. */
export async function putLab(lab: StoredLab): Promise<void> {
  const others = (await allLabs()).filter(({ id }) => id !== lab.id);
  const old = others.toSorted((a, b) => b.usedAt - a.usedAt).slice(mostLabs - 1);
  await write({ remove: old.flatMap(keysOf), put: [[['lab', lab.id], lab]] });
}

/** The rankings of a lab, oldest first. */
export async function labRankings<Facts>(id: string): Promise<StoredRanking<Facts>[]> {
  const found = await readAll<StoredRanking<Facts>>(keysUnder('ranking', id));
  return found.toSorted((a, b) => a.madeAt - b.madeAt);
}

export function getRanking<Facts>(
  lab: string,
  by: string,
  task: number,
): Promise<StoredRanking<Facts> | undefined> {
  return read<StoredRanking<Facts>>(['ranking', lab, by, task]);
}

/**
 * Stores rankings in place of earlier ones, and forgets the oldest beyond `most` bytes in all. False, and nothing is done,
 * where these alone are more.
 */
export async function putRankings<Facts>(
  rankings: readonly StoredRanking<Facts>[],
  most = mostRankingBytes,
): Promise<boolean> {
  const put = rankings.map((each) => [rankingKey(each), each] as const);
  let room = most - bytesOf(rankings);
  if (room < 0) return false;
  const fresh = new Set(put.map(([key]) => key.join()));
  const others = (await readAll<StoredRanking<unknown>>(keysUnder('ranking')))
    .filter((each) => !fresh.has(rankingKey(each).join()))
    .toSorted((a, b) => b.madeAt - a.madeAt);
  const remove = others.filter(({ values }) => (room -= values.size) < 0).map(rankingKey);
  await write({ remove, put });
  return true;
}

const allLabs = () => readAll<StoredLab>(keysUnder('lab'));

const keysOf = ({ id }: StoredLab) => keysMadeWith('lab', id);

const rankingKey = ({ lab, by, task }: StoredRanking<unknown>) =>
  ['ranking', lab, by, task] as const satisfies Key;

const bytesOf = (rankings: readonly StoredRanking<unknown>[]) =>
  rankings.reduce((sum, { values }) => sum + values.size, 0);
