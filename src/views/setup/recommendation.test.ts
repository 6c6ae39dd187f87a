import { expect, it } from 'vitest';
import type { Recipe } from '../../recipe/recipe.ts';
import { recommendation } from './recommendation.ts';

const recipe: Recipe = {
  merge_method: 'linear',
  base_model: 'base',
  models: [{ model: 'a' }, { model: 'b' }],
  ...{ dtype: 'float32', out_dtype: 'base' },
};
const of = (id: string | null, total: number) => ({
  architecture: id === null ? null : { id, label: id },
  parameters: { total, scope: total },
});

it('goes by the size of language models, by data, and else by weights', () => {
  const large = recommendation(recipe, of('llama', 3e9));
  expect(large.text).toMatch(/task arithmetic/);
  expect(large.source?.url).toBe('https://arxiv.org/abs/2511.21437');
  expect(recommendation(recipe, of('gpt2', 1e8)).text).toMatch(
    /^Of what needs nothing but weights/,
  );
  const data = { train: 'a.jsonl' };
  const [first, second] = recipe.models;
  const taught = {
    ...recipe,
    models: [
      { ...first!, data },
      { ...second!, data },
    ],
  };
  expect(recommendation(taught, of('roberta', 1e8)).text).toMatch(/joint masks/);
  const partly = { ...recipe, models: [{ ...first!, data }, second!] };
  expect(recommendation(partly, of(null, 1e8)).text).toMatch(/^Of what needs nothing/);
});
