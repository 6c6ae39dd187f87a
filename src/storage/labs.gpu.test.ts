import { beforeEach, expect, test } from 'vitest';
import { deleteCheckpoint } from './checkpoints.ts';
import { addData, deleteData } from './dataSets.ts';
import {
  getLab,
  getRanking,
  labRankings,
  mostLabs,
  putLab,
  putRankings,
  type StoredLab,
  type StoredRanking,
} from './labs.ts';
import { getOutcome, mostOutcomes, putOutcome } from './outcomes.ts';
import { sweep } from './sweep.ts';
import { allKeys, emptyStore, ingested, openedOf, randomBytes } from '../test/store.ts';

beforeEach(emptyStore);

const { signal } = new AbortController();
const add = async (name: string) =>
  (await ingested(openedOf(name, [new File([randomBytes(100)], name)]), { signal })).id;
const labOf = (id: string, checkpoints: string[], data: string[] = [], usedAt = 1): StoredLab => ({
  ...{ id, checkpoints, data, usedAt },
  scores: [{ key: 'base 0', task: 0, right: 3, n: 4 }],
});
const rankingOf = (lab: string, task: number, bytes: number, madeAt = task) => ({
  ...{ lab, by: 'hard', task, madeAt, facts: { steps: 7 } },
  values: new Blob([new Uint8Array(bytes)]),
});
const ranked = async (lab: string) =>
  (await labRankings(lab)).map(({ task, values }) => [task, values.size]);
const labKeys = async () => (await allKeys()).filter((key) => /^(lab|ranking|outcome)/.test(key));

test('scores and rankings come back by the id of their lab', async () => {
  await putLab(labOf('a', ['x']));
  expect(await putRankings([rankingOf('a', 1, 8, 20), rankingOf('a', 2, 4, 10)])).toBe(true);
  await putRankings([rankingOf('b', 1, 12)]);
  expect(await getLab('a')).toEqual(labOf('a', ['x']));
  expect(await getLab('b')).toBeUndefined();
  expect(await ranked('a')).toEqual([
    [2, 4],
    [1, 8],
  ]);
  expect(await getRanking('b', 'hard', 1)).toMatchObject({ facts: { steps: 7 }, madeAt: 1 });
  expect(await getRanking('b', 'scaled', 1)).toBeUndefined();
});

test('of labs and of rankings the oldest go, and what is too large alone is not kept', async () => {
  for (let at = 0; at < mostLabs; at++) await putLab(labOf(`${at}`, [], [], 100 - at));
  await putRankings([rankingOf(`${mostLabs - 1}`, 0, 4)]);
  await putLab(labOf('new', [], [], 200));
  expect(await labKeys()).toHaveLength(mostLabs);
  expect(await getLab(`${mostLabs - 1}`)).toBeUndefined();
  expect(await getLab('0')).toBeDefined();

  await putRankings([rankingOf('l', 1, 40), rankingOf('l', 2, 40), rankingOf('l', 3, 20)], 100);
  expect(await putRankings([rankingOf('m', 0, 30, 9)], 100)).toBe(true);
  expect(await ranked('l')).toEqual([
    [2, 40],
    [3, 20],
  ]);
  expect(await putRankings([rankingOf('l', 3, 30, 10)], 100)).toBe(true);
  expect(await ranked('l')).toEqual([
    [2, 40],
    [3, 30],
  ]);
  expect(await putRankings([rankingOf('m', 1, 101)], 100)).toBe(false);
  expect(await ranked('m')).toEqual([[0, 30]]);
});

test('they go with a checkpoint or with the last data of a content that they were made with', async () => {
  const [base, a, b] = [await add('base'), await add('a'), await add('b')];
  const csv = (text: string) => [{ path: 't.csv', blob: new Blob([text]) }];
  const { id: data } = await addData('one.csv', 'table', csv('text\nx\n'));
  await addData('two.csv', 'table', csv('text\nx\n'));
  const put = async (id: string, checkpoints: string[], datas: string[]) => {
    await putLab(labOf(id, checkpoints, datas));
    await putRankings([rankingOf(id, 0, 4)]);
    await putOutcome({ ...{ id, checkpoints, data: datas }, value: 7, madeAt: 1 });
  };
  await put('1', [base, a], [data]);
  await put('2', [base, `${base}+${b}`], []);
  await put('3', [base], [data]);
  await deleteCheckpoint(a);
  expect(await labKeys()).toEqual([
    'lab/2',
    'lab/3',
    'outcome/2',
    'outcome/3',
    'ranking/2/hard/0',
    'ranking/3/hard/0',
  ]);
  await deleteCheckpoint(b);
  await deleteData('one.csv');
  expect(await labKeys()).toEqual(['lab/3', 'outcome/3', 'ranking/3/hard/0']);
  await deleteData('two.csv');
  expect(await labKeys()).toEqual([]);
});

test('a sweep deletes what was measured with what is gone alone', async () => {
  const base = await add('base');
  const { id: data } = await addData('d.csv', 'table', [{ path: 'd', blob: new Blob(['text\n']) }]);
  await putLab(labOf('kept', [base], [data]));
  await putLab(labOf('no model', [base, `${base}+gone`], [data]));
  await putLab(labOf('no data', [base], [data, 'gone']));
  const rankings: StoredRanking<unknown>[] = ['kept', 'no data', 'no lab'].map((lab) =>
    rankingOf(lab, 0, 4),
  );
  await putRankings(rankings);
  await putOutcome({ ...labOf('kept', [base], [data]), value: 1, madeAt: 1 });
  await putOutcome({ ...labOf('stray', ['gone'], []), value: 1, madeAt: 1 });
  expect(await sweep()).toBe(5);
  expect(await labKeys()).toEqual(['lab/kept', 'outcome/kept', 'ranking/kept/hard/0']);
});

test('of outcomes the oldest go', async () => {
  const put = (id: string, madeAt: number) =>
    putOutcome({ ...{ id, checkpoints: [], data: [], value: id }, madeAt });
  for (let at = 0; at < mostOutcomes; at++) await put(`${at}`, at);
  await put('5', mostOutcomes);
  await put('new', mostOutcomes + 1);
  expect(await labKeys()).toHaveLength(mostOutcomes);
  expect(await getOutcome('0')).toBeUndefined();
  expect(await getOutcome('5')).toMatchObject({ value: '5' });
});
