import { beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../api/comparing.ts';
import { engine } from '../engine/client.ts';
import { recipeOf, storeLabSuite } from '../test/labSuite.ts';
import { picoData } from '../test/picoSuite.ts';

beforeAll(() => storeLabSuite(engine));

test('what a way to merge came to is known by its recipe, grid, checkpoints and data', async () => {
  const recipe = recipeOf('text');
  const way = { recipe, grid: [] };
  const graded = { recipe, grid: [{ values: { 'parameters.density': 0.1 }, recipe }] };
  const result = await engine.run('job', recipe, () => undefined);
  const { scores, parameters, seconds } = result;
  const outcome: Outcome = { scores, parameters, seconds, result, tuning: null };
  expect(await engine.recallOutcomes([way])).toEqual([null]);
  await engine.keepOutcome(way, outcome);
  expect(await engine.recallOutcomes([way, graded])).toEqual([outcome, null]);
  const absent = { recipe: { ...recipe, base_model: 'absent' }, grid: [] };
  expect(await engine.recallOutcomes([absent, way])).toEqual([null, outcome]);

  const replace = (seed: number) =>
    engine.addData('first/test.jsonl', picoData('test.jsonl', 70, seed));
  await replace(99);
  expect(await engine.recallOutcomes([way])).toEqual([null]);
  await replace(20);
  expect(await engine.recallOutcomes([way])).toEqual([outcome]);
  await engine.removeData('first/test.jsonl');
  expect(await engine.recallOutcomes([way])).toEqual([null]);
  await replace(20);
  // With the data it went.
  expect(await engine.recallOutcomes([way])).toEqual([null]);
});
