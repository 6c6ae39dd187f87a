import { describe, expect, it, vi } from 'vitest';
import { AppError, badFile } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Outcome } from '../api/comparing.ts';
import type { RunResult, RunSummary } from '../api/results.ts';
import type { EngineApi } from '../api/engine.ts';
import { Comparison, comparisonSeconds, type Entry } from './comparison.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Runs } from './runs.svelte.ts';

vi.mock('./wakeLock.ts', () => ({ withWakeLock: (work: () => Promise<unknown>) => work() }));

const recipe = (merge_method: string): Recipe => ({
  ...{ merge_method, base_model: 'base', dtype: 'float32', out_dtype: 'base' },
  models: [{ model: 'a', data: { train: 'a/train', test: 'a/test' } }],
  evaluate: ['accuracy'],
});
const at = (id: string, lambda: number) => ({
  values: { 'parameters.lambda': lambda },
  recipe: { ...recipe(id), parameters: { lambda } },
});
const entry = (id: string, tuned = false): Entry => ({
  ...{ id, label: id, summary: '', recipe: recipe(id), tuned },
  ...{ blocked: null, kind: 'weights', grid: [0.4, 0.7, 0.9].map((lambda) => at(id, lambda)) },
});

/** A stand-in for the worker: training examples like λ 0.7 best, test examples λ 0.2. */
function engine(behave: (recipe: Recipe) => void = () => undefined) {
  const stored = new Map<string, RunSummary>();
  const outcomes = new Map<string, Outcome>();
  const fake: Partial<EngineApi> = {
    async runs() {
      return [...stored.values()];
    },
    async run(_, of) {
      const id = JSON.stringify(of);
      const summary = { id, recipe: of, fraction: 1, startedAt: 0, error: null, lostData: [] };
      stored.set(id, { ...summary, state: 'stopped' });
      behave(of);
      stored.set(id, { ...summary, state: 'done' });
      const top = of.models[0]?.data?.test === 'a/train' ? 0.7 : 0.2;
      const value = 1 - Math.abs(Number(of.parameters?.lambda ?? 1) - top);
      const result: Partial<RunResult> = {
        ...{ id, parameters: { total: 10, scope: 8, changed: 4 } },
        scores: [{ model: 'merged', task: 'a', metric: 'accuracy', value, n: 10 }],
        seconds: { localize: 0, merge: 1, evaluate: 2 },
      };
      return result as RunResult;
    },
    async recallOutcomes(ways) {
      return ways.map((way) => outcomes.get(JSON.stringify(way)) ?? null);
    },
    async keepOutcome(way, outcome) {
      outcomes.set(JSON.stringify(way), outcome);
    },
    async removeRun(id) {
      stored.delete(id);
    },
    cancel: vi.fn(async () => undefined),
  };
  const notices = new Notices();
  const runs = new Runs(fake as EngineApi, notices);
  const begin = () => new Comparison(runs, new Library(fake as EngineApi, notices));
  return { runs, comparison: begin(), begin, stored };
}

describe('a comparison', () => {
  it('measures each method and leaves no run behind', async () => {
    const { comparison, stored } = engine();
    await comparison.start([entry('x'), entry('y')]);
    expect(comparison.of(entry('y'))).toMatchObject({ parameters: { changed: 4 }, tuning: null });
    expect(comparison.of(entry('z'))).toBeNull();
    expect(stored.size).toBe(0);
    expect(comparison.active).toBeNull();
  });

  it('keeps the reason of one that fails, and goes on', async () => {
    const { comparison } = engine(({ merge_method }) => {
      if (merge_method === 'x') throw badFile('Weights add up to 0.');
    });
    await comparison.start([entry('x'), entry('y')]);
    expect(comparison.of(entry('x'))).toEqual({ why: 'Weights add up to 0.' });
    expect(comparison.of(entry('y'))).toHaveProperty('scores');
  });

  it('chooses a value by training examples and scores it on the test examples', async () => {
    const { comparison, stored } = engine();
    await comparison.start([entry('x', true)]);
    const outcome = comparison.of(entry('x', true));
    expect(outcome).toMatchObject({ tuning: at('x', 0.7), scores: [{ value: 0.5 }] });
    expect(outcome).toHaveProperty('tuning.tried.2', {
      values: { 'parameters.lambda': 0.9 },
      mean: expect.closeTo(0.8, 9),
    });
    expect(comparison.of(entry('x'))).toBeNull();
    expect(stored.size).toBe(0);
  });

  it('keeps what was measured before a cancel', async () => {
    const started: string[] = [];
    const { comparison, runs } = engine(({ merge_method }) => {
      started.push(merge_method);
      if (merge_method === 'y') {
        void runs.cancel();
        throw new AppError('Cancelled', 'Cancelled.');
      }
    });
    await comparison.start([entry('x'), entry('y'), entry('z')]);
    expect(started).toEqual(['x', 'y']);
    expect(comparison.of(entry('x'))).toHaveProperty('scores');
    expect(comparison.of(entry('y'))).toBeNull();
    expect(runs.running).toBe(false);
  });
});

it('brings back what was measured on an earlier visit, and no failure', async () => {
  const { comparison, begin } = engine(({ merge_method }) => {
    if (merge_method === 'y') throw badFile('No.');
  });
  const entries = [entry('x'), entry('x', true), entry('y')];
  await comparison.start(entries);
  const later = begin();
  await later.recall(entries);
  expect(later.of(entries[0]!)).toEqual(comparison.of(entries[0]!));
  expect(later.of(entries[1]!)).toEqual(comparison.of(entries[1]!));
  expect(later.of(entries[0]!)).not.toEqual(later.of(entries[1]!));
  expect(comparison.of(entries[2]!)).toHaveProperty('why');
  expect(later.of(entries[2]!)).toBeNull();
});

it('estimates by what others took, a run for each value that is tried', () => {
  const took = (merge: number) => ({ seconds: { localize: 99, merge, evaluate: 2 } });
  const entries = [entry('x', true), entry('y')];
  expect(comparisonSeconds(entries, [took(1), took(3)])).toBe(5 * 4);
  expect(comparisonSeconds(entries, [])).toBeNull();
});
