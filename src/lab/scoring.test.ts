import { expect, test } from 'vitest';
import { planBatches, planRounds } from './scoring.ts';

test('rounds double what was told, until every test of every task is', () => {
  const rounds = planRounds(
    [
      { task: 0, tests: 100 },
      { task: 3, tests: 30 },
    ],
    24,
  );
  expect(rounds).toEqual([
    [
      { task: 0, from: 0, to: 24 },
      { task: 3, from: 0, to: 24 },
    ],
    [
      { task: 0, from: 24, to: 48 },
      { task: 3, from: 24, to: 30 },
    ],
    [{ task: 0, from: 48, to: 96 }],
    [{ task: 0, from: 96, to: 100 }],
  ]);
});

test('batches are filled across tasks of one family, and not across families', () => {
  const part = (task: number, from: number, to: number) => ({ task, from, to });
  const parts = [part(0, 0, 5), part(1, 0, 5), part(2, 0, 3)];
  const batches = planBatches(
    parts,
    (task) => (task === 2 ? 'b' : 'a'),
    () => 4,
  );
  expect(batches).toEqual([
    [part(0, 0, 4)],
    [part(0, 4, 5), part(1, 0, 3)],
    [part(1, 3, 5)],
    [part(2, 0, 3)],
  ]);
});
