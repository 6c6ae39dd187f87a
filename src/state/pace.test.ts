import { expect, it } from 'vitest';
import type { LocalizeLive, LocalizerInfo } from '../api/localizing.ts';
import type { MethodInfo } from '../api/methods.ts';
import type { Progress } from '../api/progress.ts';
import type { RunPace, RunSummary } from '../api/results.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { adapterOf, estimateSeconds, type PlannedRun, timeLeft, totalSeconds } from './pace.ts';

const method = (id: string, more: Partial<MethodInfo> = {}) =>
  ({ id, group: 'sparse', needs: null, learnsMasks: false, mergekit: null, ...more }) as MethodInfo;
const methods = [
  method('ties'),
  method('dare'),
  method('tsv', { group: 'spectral' }),
  method('stitch', { group: 'start', learnsMasks: true }),
  method('learned', { needs: 'Learns.' }),
];
const recipe = (id: string, models: number, more: Partial<Recipe> = {}): Recipe => ({
  merge_method: id,
  base_model: 'base',
  models: Array.from({ length: models }, (_, i) => ({ model: `m${i}` })),
  dtype: 'float32',
  out_dtype: 'base',
  ...more,
});
const gpu = 'Big GPU';

function ended(done: Recipe, scope: number, pace: Partial<RunPace>): RunSummary {
  const seconds = { localize: 0, merge: 0, evaluate: 0, ...pace.seconds };
  return {
    ...{ id: done.merge_method, recipe: done, state: 'done', fraction: 1, startedAt: 0 },
    ...{ error: null, lostData: [] },
    pace: {
      ...{ adapter: gpu, searches: [], scored: 0, ...pace, seconds },
      parameters: { total: scope, scope, changed: 0 },
    },
  };
}

function estimate(run: Partial<PlannedRun> & { recipe: Recipe }, past: RunSummary[]) {
  const own = methods.find(({ id }) => id === run.recipe.merge_method)!;
  const whole = { method: own, localizer: null, scope: 1e6, toFind: 0, ...run };
  return estimateSeconds(whole, past, gpu, methods);
}

const took = (localize: number, merge: number, evaluate = 0) => ({ localize, merge, evaluate });

it('goes by a run of the same method, in proportion to the weights that are read', () => {
  const past = [
    ended(recipe('dare', 1), 1e6, { seconds: took(0, 100) }),
    // (1 + 2) × 2 M weights in 2 s of counting and 4 s of merging.
    ended(recipe('ties', 2), 2e6, { seconds: took(2, 4) }),
  ];
  const found = estimate({ recipe: recipe('ties', 5), scope: 4e6 }, past);
  // (1 + 5) × 4 M weights: four times as many.
  expect(found).toEqual({ find: 0, merge: 24, evaluate: 0 });
  expect(totalSeconds(found)).toBe(24);
});

it('goes by a method of the same group where there is none of its own, but not by one that learns', () => {
  const learned = ended(recipe('learned', 2), 1e6, { seconds: took(50, 1) });
  const dare = ended(recipe('dare', 2), 1e6, { seconds: took(0, 3) });
  expect(estimate({ recipe: recipe('ties', 2) }, [learned]).merge).toBeNull();
  expect(estimate({ recipe: recipe('ties', 2) }, [learned, dare]).merge).toBe(3);
  expect(estimate({ recipe: recipe('tsv', 2) }, [learned, dare]).merge).toBeNull();
  expect(estimate({ recipe: recipe('learned', 2) }, [dare]).merge).toBeNull();
});

it('knows nothing from another adapter, and from runs of another size by far', () => {
  const other = { ...ended(recipe('ties', 2), 1e6, { seconds: took(0, 3), adapter: 'CPU: no' }) };
  const small = ended(recipe('ties', 2), 1e4, { seconds: took(0, 3) });
  const { pace: _, ...stopped } = ended(recipe('ties', 2), 1e6, {});
  const found = estimate({ recipe: recipe('ties', 2) }, [other, small, stopped]);
  expect(found.merge).toBeNull();
  expect(totalSeconds(found)).toBeNull();
  expect(adapterOf({ kind: 'cpu', adapter: 'no' })).toBe('CPU: no');
  expect(adapterOf({ kind: 'webgpu', adapter: gpu })).toBe(gpu);
});

const localize = { preset: 'scaled', budget: 'exact', shots: 8, seed: 0, epochs: 2 } as const;
const scaled = { id: 'scaled', needs: 'data' } as LocalizerInfo;
const searched = (preset: string, ...seconds: number[]) => ({
  seconds: took(60, 1),
  searches: seconds.map((each) => ({ preset, seconds: each })),
});

it('takes as long for each mask as masks took, by epochs and examples', () => {
  const past = [ended(recipe('stitch', 2, { localize }), 1e6, searched('scaled', 10, 20))];
  const twice = recipe('stitch', 3, { localize: { ...localize, shots: 16, epochs: 4 } });
  const found = estimate({ recipe: twice, localizer: scaled, toFind: 3 }, past);
  // 15 s for a mask; twice the examples and twice the epochs; three masks.
  expect(found.find).toBe(180);
  // The minute before merging went into the masks.
  expect(found.merge).toBeCloseTo((1 * 4) / 3);
  expect(estimate({ recipe: twice, localizer: scaled, toFind: 0 }, []).find).toBe(0);
});

it('takes a joint search for one', () => {
  const joint = { ...scaled, id: 'joint', needs: 'data of every task' } as LocalizerInfo;
  const settings = { ...localize, preset: 'joint' };
  const past = [ended(recipe('stitch', 2, { localize: settings }), 1e6, searched('joint', 30, 30))];
  const run = { recipe: recipe('stitch', 4, { localize: settings }), localizer: joint, toFind: 4 };
  expect(estimate(run, past).find).toBe(60);
  expect(estimate({ ...run, localizer: scaled }, past).find).toBeNull();
});

it('takes as long for each model and task as scoring took', () => {
  const data = { test: 'test.jsonl' };
  const asked = recipe('stitch', 2, { evaluate: ['accuracy'] });
  const tested = { ...asked, models: asked.models.map((each) => ({ ...each, data })) };
  const past = [ended(tested, 1e6, { seconds: took(0, 1, 24), scored: 12 })];
  // 2 tasks × base, fine-tuned, graft and merged.
  expect(estimate({ recipe: tested }, past).evaluate).toBe(16);
  expect(estimate({ recipe: tested }, []).evaluate).toBeNull();
  expect(estimate({ recipe: asked }, []).evaluate).toBe(0);
});

const progress = (more: Partial<Progress>): Progress => ({
  ...{ stage: 'Merging', unit: 'bytes', done: 1, total: 2, perSecond: 1, detail: '' },
  ...{ secondsLeft: 5, ...more },
});

it('tells what is left of the whole run, or of the step where the rest was never measured', () => {
  const planned = { find: 60, merge: 3, evaluate: 7 };
  expect(timeLeft(progress({}), planned, [])).toEqual({ seconds: 12, of: 'run' });
  const evaluating = progress({ stage: 'Evaluating' });
  expect(timeLeft(evaluating, planned, [])).toEqual({ seconds: 5, of: 'run' });
  const live = { models: ['a'], steps: 10, secondsPerStep: 2 } as LocalizeLive;
  // 5 s of this search, two more of 20 s, then 3 and 7.
  const left = timeLeft(progress({ live }), planned, ['a', 'b', 'c']);
  expect(left).toEqual({ seconds: 55, of: 'run' });
  const unknown = { ...planned, evaluate: null };
  expect(timeLeft(progress({ live }), unknown, ['a', 'b'])).toEqual({ seconds: 5, of: 'step' });
  expect(timeLeft(progress({ secondsLeft: null }), planned, [])).toBeNull();
});
