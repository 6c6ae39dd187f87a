import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { mergekitForms, methodFor, methodOf, methods } from '../merge/methods/registry.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { DType } from '../tensor/dtype.ts';
import { mergekitConfig } from './mergekitConfig.ts';

const recipeOf = (merge_method: string, more: Partial<Recipe> = {}): Recipe => ({
  merge_method,
  base_model: 'roberta-base',
  models: [{ model: 'mood', parameters: { weight: 2 } }, { model: '007' }],
  ...{ dtype: 'float32', out_dtype: 'base' },
  ...more,
});

const counts = { total: 1000, scope: 1000 };

function configOf(recipe: Recipe, dtypes: readonly DType[] = ['F32'], patches: string[] = []) {
  const config = mergekitConfig(recipe, methodOf(recipe.merge_method)!, dtypes, counts, patches);
  return { text: '', reason: '', ...config };
}

test('an average is a linear merge without a base, every weight written out', () => {
  expect(parse(configOf(recipeOf('linear')).text)).toEqual({
    merge_method: 'linear',
    models: [
      { model: 'mood', parameters: { weight: 2 } },
      { model: '007', parameters: { weight: 1 } },
    ],
    dtype: 'float32',
    out_dtype: 'float32',
  });
});

test('task arithmetic keeps base, weights and lambda, the defaults being this app’s', () => {
  const recipe = recipeOf('task_arithmetic', { parameters: { lambda: 0.5 } });
  expect(parse(configOf(recipe, ['BF16']).text)).toEqual({
    merge_method: 'task_arithmetic',
    base_model: 'roberta-base',
    models: [
      { model: 'mood', parameters: { weight: 2 } },
      { model: '007', parameters: { weight: 0.4 } },
    ],
    parameters: { lambda: 0.5 },
    dtype: 'float32',
    out_dtype: 'bfloat16',
  });
});

test('densities of all parameters are told as those of the scope', () => {
  const recipe = recipeOf('ties', { density_of: 'model', parameters: { density: 0.1 } });
  const half = { total: 1000, scope: 500 };
  const made = mergekitConfig(recipe, methodOf('ties')!, ['F32'], half);
  expect(parse('text' in made ? made.text : '')).toMatchObject({
    models: [{ parameters: { density: 0.2 } }, { parameters: { density: 0.2 } }],
  });
});

test('TIES says in a comment that mergekit trims tensor by tensor', () => {
  const { text } = configOf(recipeOf('ties', { out_dtype: 'float16' }));
  expect(text).toMatch(/^# NOT THE SAME RESULT: mergekit trims .* in each tensor/m);
  expect(parse(text)).toMatchObject({
    merge_method: 'ties',
    models: [{ parameters: { density: 0.2, weight: 2 } }, { parameters: { density: 0.2 } }],
    parameters: { lambda: 1 },
    out_dtype: 'float16',
  });
});

test('TIES that trims nothing says nothing of trimming', () => {
  const { text } = configOf(recipeOf('ties', { parameters: { density: 1 } }));
  expect(text).not.toContain('NOT THE SAME RESULT');
});

test('a base of several dtypes is told of in a comment', () => {
  const { text } = configOf(recipeOf('linear'), ['BF16', 'F32', 'I64']);
  expect(text).toContain('# Stitchwork kept the base’s dtypes (BF16, F32)');
  expect(parse(text)).toMatchObject({ out_dtype: 'bfloat16' });
});

test('names that could be taken for other things of YAML come back as they were', () => {
  const models = ['yes', '1e3', 'a: b', '- x', '# c', 'two\nlines'].map((model) => ({ model }));
  const config = parse(configOf(recipeOf('linear', { models })).text);
  expect(config.models.map(({ model }: { model: string }) => model)).toEqual(
    models.map(({ model }) => model),
  );
});

test.each([
  [
    'dare_ties',
    { density: 0.5, normalize: true },
    /mergekit draws other changes.*by 1 \/ density/s,
  ],
  ['breadcrumbs', { gamma: 0.01 }, /mergekit trims/],
  ['della', { epsilon: 0.15, rescale: true }, /draws other changes/],
  ['sce', { select_topk: 1 }, /^# Names/],
])('%s has the parameters that mergekit has, with notes', (name, some, note) => {
  const { text } = configOf(recipeOf(name));
  const { parameters = {}, models, base_model } = parse(text);
  const all = { ...parameters, ...models[0].parameters };
  expect(all).toMatchObject(some);
  expect(all).not.toHaveProperty('seed');
  expect(base_model).toBe('roberta-base');
  expect(text).toMatch(note);
});

test('NearSwap and passthrough take one model, the latter no base', () => {
  const models = [{ model: 'mood' }];
  expect(parse(configOf(recipeOf('nearswap', { models })).text)).toMatchObject({
    base_model: 'roberta-base',
    parameters: { t: 0.0001 },
  });
  const config = parse(configOf(recipeOf('passthrough', { models })).text);
  expect(config.models).toEqual([{ model: 'mood', parameters: { scale: 1 } }]);
  expect(config).not.toHaveProperty('base_model');
});

test('weights that mergekit’s Karcher mean does not know are told', () => {
  expect(configOf(recipeOf('karcher')).reason).toContain('the same weight');
  const models = [{ model: 'mood' }, { model: 'news' }];
  const config = parse(configOf(recipeOf('karcher', { models })).text);
  expect(config.models).toEqual(models);
});

test('a recipe of mergekit goes back as it came, without notes on results', () => {
  const config = {
    merge_method: 'ties',
    base_model: 'p',
    models: [
      { model: 'a', parameters: { density: [1, 0.7, 0.1], weight: 1 } },
      { model: 'b', parameters: { weight: [{ filter: 'mlp', value: 0.5 }, { value: 0 }] } },
    ],
    parameters: { normalize: false, lambda: 0.5 },
    dtype: 'float32',
    out_dtype: 'bfloat16',
    chat_template: 'auto',
  };
  const recipe = parseRecipe(JSON.stringify(config), Object.keys(methods), [], mergekitForms);
  const made = mergekitConfig(recipe, methodFor(recipe)!, ['F32'], counts);
  const { text } = { text: '', ...made };
  expect(parse(text)).toEqual(config);
  expect(text.match(/^#.*/gm)).toEqual([expect.stringContaining('Names are those')]);
});

test('what mergekit cannot express has no file, and the reason is given', () => {
  expect(configOf(recipeOf('localize_and_stitch')).reason).toBe(
    'mergekit has no method localize_and_stitch',
  );
  expect(configOf(recipeOf('ties', { scope: 'blocks' })).reason).toContain('every tensor');
  expect(configOf(recipeOf('ties'), ['F32'], ['mood.patch']).reason).toBe(
    'mergekit opens no patches (mood.patch)',
  );
  const renamed = [['a', 'b'], ['a']].map((tensors) => ({
    kind: 'renamed' as const,
    text: '',
    tensors,
  }));
  const named = mergekitConfig(recipeOf('ties'), methodOf('ties')!, ['F32'], counts, [], renamed);
  expect(named).toEqual({
    reason:
      'mergekit meets tensors by name alone, and 2 tensors of the base go by another name in some model',
  });
});
