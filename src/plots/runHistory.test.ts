import { expect, it } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import type { RunResult, RunSummary, Score } from '../api/results.ts';
import {
  historyRow,
  historyTable,
  pairTable,
  recipeDifferences,
  searchRuns,
} from './runHistory.ts';

const recipe: Recipe = {
  merge_method: 'ties',
  base_model: 'base',
  models: [{ model: 'mood', data: { test: 'mood/test' } }, { model: 'topic' }],
  parameters: { density: 0.2 },
  dtype: 'float32',
  out_dtype: 'base',
};
const other: Recipe = {
  ...recipe,
  merge_method: 'linear',
  models: [{ model: 'topic' }, { model: 'mood', data: { test: 'mood/other' } }],
  parameters: { density: 0.2, weight: 1 },
};
const summary = (id: string, of: Recipe): RunSummary => ({
  ...{ id, recipe: of, state: 'done', fraction: 1, startedAt: 0, error: null, lostData: [] },
});
const result = (changed: number, ...values: number[]): RunResult => ({
  ...{ id: '', method: '', base: '', adapter: '', bytesRead: 0, bytesWritten: 0 },
  ...{ models: [], density: [], intersections: [], owners: [], tensors: [], cosines: [] },
  ...{ localized: [], remarks: [] },
  parameters: { total: 100, scope: 90, changed },
  seconds: { localize: 1, merge: 2, evaluate: 30 },
  scores: values.map((value, i): Score => ({
    ...{ model: 'merged', task: ['mood', 'topic'][i] ?? '', metric: 'accuracy', value, n: 10 },
  })),
});

const rows = [
  historyRow(summary('1', recipe), 'TIES', result(20, 0.5, 0.7)),
  historyRow(summary('2', other), 'Average', undefined),
];

it('lists what a run came to, or nothing while it is not loaded', () => {
  expect(rows[0]).toMatchObject({ score: 0.6, changed: 0.2, seconds: 3, metric: 'accuracy' });
  expect(rows[1]).toMatchObject({ score: null, changed: null, seconds: null });
  expect(historyTable(rows).rows[0]).toEqual([
    ...['1', '1970-01-01T00:00:00.000Z', 'TIES', 'base', 'mood topic', 'accuracy', 0.6, 0.2, 3],
  ]);
});

it('finds runs by every word of method, models, data and settings', () => {
  const ids = (text: string) => searchRuns(rows, text).map(({ id }) => id);
  expect(ids('')).toEqual(['1', '2']);
  expect(ids('ties')).toEqual(['1']);
  expect(ids('Topic AVERAGE')).toEqual(['2']);
  expect(ids('mood/other')).toEqual(['2']);
  expect(ids('ties average')).toEqual([]);
});

it('tells in which settings two recipes differ, whatever the order of models', () => {
  expect(recipeDifferences(recipe, recipe)).toEqual([]);
  expect(recipeDifferences(recipe, other)).toEqual([
    { path: 'merge_method', values: ['ties', 'linear'] },
    { path: 'models.mood.data.test', values: ['mood/test', 'mood/other'] },
    { path: 'parameters.weight', values: ['', '1'] },
  ]);
});

it('puts two merges side by side, with what only one of them measured', () => {
  const { rows: cells } = pairTable(result(20, 0.5, 0.7), result(50, 0.4), ['TIES', 'Average']);
  expect(cells).toEqual([
    ['mood', 'accuracy', 0.5, 0.4],
    ['topic', 'accuracy', 0.7, ''],
    ['Mean', 'accuracy', 0.6, 0.4],
    ['Weights changed', 'share', 0.2, 0.5],
  ]);
});
