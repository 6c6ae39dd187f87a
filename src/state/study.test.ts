import { describe, expect, it, vi } from 'vitest';
import { AppError, badFile } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { RunResult, RunSummary } from '../api/results.ts';
import type { EngineApi } from '../api/engine.ts';
import { Notices } from './notices.svelte.ts';
import { Runs } from './runs.svelte.ts';
import { Study } from './study.svelte.ts';
import { variantsOf, variantRecipe } from './studyPlan.ts';

vi.mock('./wakeLock.ts', () => ({ withWakeLock: (work: () => Promise<unknown>) => work() }));

const recipe: Recipe = {
  merge_method: 'localize_and_stitch',
  base_model: 'base',
  models: [{ model: 'a', data: { train: 'a/train', test: 'a/test' } }],
  localize: { preset: 'scaled', budget: 'exact', shots: 8, seed: 0 },
  evaluate: ['accuracy'],
  dtype: 'float32',
  out_dtype: 'base',
};
const summary = (id: string, of: Recipe, state: RunSummary['state'] = 'done'): RunSummary => ({
  ...{ id, recipe: of, state, fraction: 1, startedAt: 0, error: null, lostData: [] },
});
const studied = summary('studied', recipe);
const density = ({ parameters }: Recipe) => Number(parameters?.density ?? 0);

/** A stand-in for the worker: stores each run under its density, scores it by its density. */
function engine(behave: (recipe: Recipe) => Promise<void> = async () => undefined) {
  const stored = new Map([['studied', studied]]);
  const log: string[] = [];
  const fake: Partial<EngineApi> = {
    async runs() {
      return [...stored.values()];
    },
    async run(_, of) {
      const id = `at ${density(of)}`;
      log.push(`run ${id}`);
      if (stored.get(id)?.state !== 'done') stored.set(id, summary(id, of, 'stopped'));
      await behave(of);
      stored.set(id, summary(id, of));
      const score = { model: 'merged', task: 'a', metric: 'accuracy', n: 10 } as const;
      const result: Partial<RunResult> = { id, scores: [{ ...score, value: density(of) }] };
      return result as RunResult;
    },
    async removeRun(id) {
      log.push(`remove ${id}`);
      stored.delete(id);
    },
    cancel: vi.fn(async () => undefined),
  };
  const runs = new Runs(fake as EngineApi, new Notices());
  return { runs, study: new Study(runs), stored, log };
}

const variants = variantsOf('density', ['scaled'], [0.1, 0.2, 0.3]);

describe('a study', () => {
  it('collects the scores of every variant and leaves no run behind', async () => {
    const { runs, study, stored, log } = engine();
    await study.start(studied, variants);
    const { points, failures } = study.of('studied');
    expect(points.map(({ value, scores }) => [value, scores[0]?.value])).toEqual([
      [0.1, 0.1],
      [0.2, 0.2],
      [0.3, 0.3],
    ]);
    expect(failures).toEqual([]);
    expect([...stored.keys()]).toEqual(['studied']);
    expect(log).toEqual(
      ['0.1', '0.2', '0.3'].flatMap((value) => [`run at ${value}`, `remove at ${value}`]),
    );
    expect(runs.activity.at).toBe('idle');
    expect(study.active).toBeNull();
  });

  it('keeps a run that was there before', async () => {
    const { study, stored } = engine();
    stored.set('at 0.2', summary('at 0.2', variantRecipe(recipe, variants[1]!)));
    await study.start(studied, variants);
    expect([...stored.keys()]).toEqual(['studied', 'at 0.2']);
    expect(study.of('studied').points).toHaveLength(3);
  });

  it('lists a point that fails with its reason, and goes on; measured again, the reason goes', async () => {
    let broken = true;
    const { study, stored } = engine(async (of) => {
      if (broken && density(of) === 0.2) throw badFile('Too few examples.');
    });
    await study.start(studied, variants);
    expect(study.of('studied').points.map(({ value }) => value)).toEqual([0.1, 0.3]);
    expect(study.of('studied').failures).toEqual([{ ...variants[1]!, why: 'Too few examples.' }]);
    expect([...stored.keys()]).toEqual(['studied']);
    broken = false;
    await study.start(studied, [variants[1]!]);
    expect(study.of('studied').failures).toEqual([]);
    expect(study.of('studied').points).toHaveLength(3);
  });

  it('ends when it is cancelled, keeps what it has, and is the only one at work', async () => {
    let reached: () => void = () => undefined;
    const second = new Promise<void>((resolve) => (reached = resolve));
    let refuse: (error: AppError) => void = () => undefined;
    const { runs, study, stored, log } = engine((of) => {
      if (density(of) !== 0.2) return Promise.resolve();
      return new Promise((_, reject) => {
        refuse = reject;
        reached();
      });
    });
    const ended = study.start(studied, variants);
    expect(runs.running).toBe(true);
    expect(await runs.start(recipe)).toBeNull();
    await second;
    await runs.refresh();
    expect(runs.list.map(({ id }) => id)).toEqual(['studied']);
    expect(study.active?.done).toBe(1);
    await runs.cancel();
    refuse(new AppError('Cancelled', 'Cancelled.'));
    await ended;
    expect(study.of('studied').points.map(({ value }) => value)).toEqual([0.1]);
    expect(study.of('studied').failures).toEqual([]);
    expect([...stored.keys()]).toEqual(['studied']);
    expect(log).not.toContain('run at 0.3');
    expect(runs.running).toBe(false);
  });
});
