import { expect, test } from 'vitest';
import type { RunResult } from '../api/results.ts';
import { sortBy } from '../ui/table.ts';
import { costColumns, runCost, type RunCost, searchSeconds } from './runTimes.ts';

const cost = (run: string, merge: number, score: number | null): RunCost => ({
  ...{ run, method: run, masks: '', localize: 0, merge, evaluate: 0 },
  ...{ bytesRead: 0, changed: 0, score },
});

test('searches of single tasks add up, and a joint search counts once', () => {
  const joint = (preset: string) => preset === 'joint';
  expect(searchSeconds([], joint)).toBe(0);
  const own = { preset: 'scaled', seconds: 2 };
  expect(searchSeconds([own, own, own], joint)).toBe(6);
  const shared = { preset: 'joint', seconds: 9 };
  expect(searchSeconds([shared, shared, own], joint)).toBe(11);
});

test('runs are sorted by the least time or the best score, unmeasured ones last', () => {
  const costs = [cost('a', 3, 0.5), cost('b', 1, null), cost('c', 2, 0.9)];
  const order = (column: string) =>
    sortBy(
      costs,
      costColumns().find(({ label }) => label === column)!,
    ).map(({ run }) => run);
  expect(order('Merge, s')).toEqual(['b', 'c', 'a']);
  expect(order('Mean score')).toEqual(['c', 'a', 'b']);
});

test('time before merging goes into masks, or into the merge of a method without', () => {
  const result: RunResult = {
    ...{ id: 'a', method: '', models: [], base: '', adapter: '', bytesRead: 0, bytesWritten: 0 },
    ...{ density: [], intersections: [], owners: [], tensors: [], cosines: [], localized: [] },
    ...{ scores: [], remarks: [], parameters: { total: 8, scope: 8, changed: 2 } },
    seconds: { localize: 4, merge: 3, evaluate: 1 },
  };
  const names = { method: '', masks: '' };
  const own = () => false;
  expect(runCost(result, names, true, own)).toMatchObject({ localize: 4, merge: 3 });
  expect(runCost(result, names, false, own)).toMatchObject({ localize: 0, merge: 7 });
  const mask = { model: 'm', mask: '', preset: 'scaled', density: 1, steps: 1, losses: [] };
  const reused = { ...result, localized: [{ ...mask, seconds: 9, reused: true }] };
  expect(runCost(reused, names, true, own)).toMatchObject({ localize: 9, merge: 3 });
});
