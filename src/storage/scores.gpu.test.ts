import { beforeEach, expect, test } from 'vitest';
import { deleteCheckpoint } from './checkpoints.ts';
import { getScore, putScores, type StoredScore } from './scores.ts';
import { sweep } from './sweep.ts';
import { emptyStore, ingested, openedOf, randomBytes } from '../test/store.ts';

const { signal } = new AbortController();
const add = (name: string) =>
  ingested(openedOf(name, [new File([randomBytes(100)], name)]), { signal });
const scoreOf = (id: string, base: string, tuned: string): StoredScore => ({
  ...{ id, base, tuned, value: 0.5, n: 10 },
});

beforeEach(emptyStore);

test('scores go with either of their checkpoints', async () => {
  const [base, a, b] = [await add('base'), await add('a'), await add('b')];
  await putScores([scoreOf('1', base.id, a.id), scoreOf('2', base.id, b.id)]);
  await deleteCheckpoint(a.id);
  expect(await getScore('1')).toBeUndefined();
  expect(await getScore('2')).toEqual(scoreOf('2', base.id, b.id));
  await deleteCheckpoint(base.id);
  expect(await getScore('2')).toBeUndefined();
});

test('a sweep deletes the scores of checkpoints that are gone alone', async () => {
  const [base, a] = [await add('base'), await add('a')];
  const kept = scoreOf('1', base.id, a.id);
  await putScores([kept, scoreOf('2', base.id, 'gone'), scoreOf('3', 'gone', a.id)]);
  expect(await sweep()).toBe(2);
  expect(await getScore('1')).toEqual(kept);
});
