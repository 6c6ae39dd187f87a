import { listKeys, readAll, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';

/** What was measured with checkpoints and data, and goes with them. */
export interface MadeWith {
  /** SHA-256, hex, over all that determines it. */
  id: string;
  /** Content ids of the checkpoints and of the data that it was measured with. */
  checkpoints: readonly string[];
  data: readonly string[];
}

const kinds = ['lab', 'outcome'] as const;
type Kind = (typeof kinds)[number];

/** Keys of one of these and of what belongs to it. */
export const keysMadeWith = (kind: Kind, id: string): (Key | IDBKeyRange)[] =>
  kind === 'lab' ? [['lab', id], keysUnder('ranking', id)] : [['outcome', id]];

const all = (kind: Kind) => readAll<MadeWith>(keysUnder(kind));

const partsOf = ({ checkpoints, data }: MadeWith) => [
  ...data,
  ...checkpoints.flatMap((each) => each.split('+')),
];

/** Keys of all that was made with a checkpoint or data of a content id. */
export async function keysOfAllMadeWith(content: string): Promise<(Key | IDBKeyRange)[]> {
  const found = kinds.map(async (kind) =>
    (await all(kind))
      .filter((each) => partsOf(each).includes(content))
      .flatMap(({ id }) => keysMadeWith(kind, id)),
  );
  return (await Promise.all(found)).flat();
}

/** Deletes what was made with checkpoints or data that are gone, and rankings of no lab; resolves with the number of keys. */
export async function sweepMadeWith(): Promise<number> {
  const checkpoints = await listKeys<['checkpoint', string]>(keysUnder('checkpoint'));
  const data = await readAll<{ id: string }>(keysUnder('data'));
  const there = new Set([...checkpoints.map(([, id]) => id), ...data.map(({ id }) => id)]);
  const stray: Key[] = [];
  for (const [kind, ...under] of [['lab', 'ranking'], ['outcome']] as const) {
    const whole = (await all(kind)).filter((each) => partsOf(each).every((id) => there.has(id)));
    const kept = new Set(whole.map(({ id }) => id));
    for (const each of [kind, ...under]) {
      const keys = await listKeys<Extract<Key, [typeof each, ...unknown[]]>>(keysUnder(each));
      stray.push(...keys.filter(([, id]) => !kept.has(id)));
    }
  }
  await write({ remove: stray });
  return stray.length;
}
