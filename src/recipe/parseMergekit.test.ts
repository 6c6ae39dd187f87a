import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { mergekitForms, methods } from '../merge/methods/registry.ts';
import { formatRecipe } from './formatRecipe.ts';
import { parseRecipe } from './parseRecipe.ts';
import type { Recipe } from './recipe.ts';

const parse = (text: string) => parseRecipe(text, Object.keys(methods), [], mergekitForms);

function problems(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'BadFile') throw error;
    return error.message.split('\n');
  }
  throw new Error('The recipe was accepted.');
}

test('a method that is no text is refused as such', () => {
  const text = 'merge_method: {toString: 1}\nbase_model: a\nmodels: [{model: b}]\n';
  expect(problems(text)).toEqual([expect.stringMatching(/^Line 1, merge_method: must be one of/)]);
});

/** The example of mergekit's own repository. */
const example = `models:
  - model: psmathur/orca_mini_v3_13b
    parameters:
      density: [1, 0.7, 0.1] # density gradient
      weight: 1.0
  - model: garage-bAInd/Platypus2-13B
    parameters:
      density: 0.5
      weight: [0, 0.3, 0.7, 1] # weight gradient
  - model: WizardLM/WizardMath-13B-V1.0
    parameters:
      density: 0.33
      weight:
        - filter: mlp
          value: 0.5
        - value: 0
merge_method: ties
base_model: TheBloke/Llama-2-13B-fp16
parameters:
  normalize: true
  int8_mask: true
dtype: float16
`;

test("mergekit's own example is read as it is", () => {
  expect(parse(example)).toEqual({
    merge_method: 'ties',
    compat: 'mergekit',
    base_model: 'TheBloke/Llama-2-13B-fp16',
    models: [
      { model: 'psmathur/orca_mini_v3_13b', parameters: { density: [1, 0.7, 0.1], weight: 1 } },
      {
        model: 'garage-bAInd/Platypus2-13B',
        parameters: { density: 0.5, weight: [0, 0.3, 0.7, 1] },
      },
      {
        model: 'WizardLM/WizardMath-13B-V1.0',
        parameters: { density: 0.33, weight: [{ filter: 'mlp', value: 0.5 }, { value: 0 }] },
      },
    ],
    parameters: { normalize: 1 },
    dtype: 'float32',
    out_dtype: 'float16',
  });
});

const of = (method: string, base: string | null, models: string[], parameters = '{}') =>
  `merge_method: ${method}\ncompat: mergekit\n${base ? `base_model: ${base}\n` : ''}models: [${models
    .map((model) => `{model: ${model}}`)
    .join(', ')}]\nparameters: ${parameters}\n`;

const placed = ({ base_model, models }: Recipe) => [base_model, models.map(({ model }) => model)];

test.each([
  ['a base apart is no model', of('ties', 'p', ['p', 'a', 'b'], '{weight: 1}'), ['p', ['a', 'b']]],
  [
    'an average has none: the first',
    of('linear', null, ['a', 'b'], '{weight: 1}'),
    ['a', ['a', 'b']],
  ],
  [
    'a base beside an average is one more',
    of('linear', 'p', ['a'], '{weight: 1}'),
    ['p', ['a', 'p']],
  ],
  ['SLERP starts at its base', of('slerp', 'b', ['a', 'b'], '{t: 0.2}'), ['b', ['b', 'a']]],
  [
    'SLERP without one starts at the first',
    of('slerp', null, ['a', 'b'], '{t: 0.2}'),
    ['a', ['a', 'b']],
  ],
  ['a Karcher mean takes it in', of('karcher', 'p', ['a', 'b']), ['p', ['a', 'b', 'p']]],
  [
    'Multi-SLERP may have none',
    of('multislerp', null, ['a', 'b'], '{weight: 1}'),
    ['a', ['a', 'b']],
  ],
  ['or one apart', of('multislerp', 'a', ['a', 'b'], '{weight: 1}'), ['a', ['b']]],
])('%s', (_, text, expected) => {
  const recipe = parse(text);
  expect(placed(recipe)).toEqual(expected);
  expect(parse(formatRecipe(recipe))).toEqual(recipe);
});

test('lists, filters and flags survive being written and read', () => {
  const recipe = parse(`${example}tokenizer_source: base\nchat_template: auto\n`);
  expect(parse(formatRecipe(recipe))).toEqual(recipe);
});

const native = `merge_method: ties\nbase_model: p\nmodels: [{model: a}]\nparameters: {weight: 1}\n`;

const written = `${native}out_dtype: float32\n`;

test.each([
  [native, true],
  [written, false],
  [`${written}dtype: float32\n`, false],
  [native.replace('{weight: 1}', '{density: 0.2}'), false],
  [`${native}scope: all\n`, false],
  [`${native}density_of: model\n`, false],
  [`${native}out_dtype: base\n`, false],
  [written.replace('weight: 1', 'weight: 1, density: [0, 1]'), true],
  [written.replace('weight: 1', 'weight: 1, int8_mask: true'), true],
  [written.replace('weight: 1', 'weight: 1, seed: 1'), false],
  [`${written}dtype: bfloat16\n`, true],
  [`${written}chat_template: auto\n`, true],
  [written.replace('model: a', 'model: p}, {model: a'), true],
  [`${written}compat: mergekit\n`, true],
])('%j is mergekit’s: %s', (text, recognised) => {
  expect(parse(text).compat).toBe(recognised ? 'mergekit' : undefined);
});

const sound = `merge_method: ties
compat: mergekit
base_model: p
models: [{model: a, parameters: {weight: 1}}]
`;

test.each([
  [
    'slices',
    'merge_method: slerp\nslices:\n  - sources: [{model: a, layer_range: [0, 4]}]\n',
    'Line 2, slices: layers of models cannot be stacked here.',
  ],
  ['models and slices', `${sound}slices: []\n`, 'Line 5, slices: stands beside models on line 4'],
  [
    'density_of',
    `${sound}density_of: model\n`,
    'Line 5, density_of: mergekit counts density in each',
  ],
  ['modules', 'merge_method: ties\nmodules: {}\n', 'Line 2, modules: write models: here'],
  [
    'an unknown method',
    sound.replace('ties', 'arcee_fusion'),
    'Line 1, merge_method: must be one of ties, task_arithmetic, linear',
  ],
  [
    'an unknown key',
    `${sound}scope: all\n`,
    'Line 5, scope: unknown key. Allowed here: merge_method,',
  ],
  [
    'an unknown parameter',
    `${sound}parameters: {wieght: 1}\n`,
    'Line 5, parameters.wieght: unknown key. Allowed here: density, weight,',
  ],
  [
    'a weight in quotes',
    sound.replace('1}', '"1"}'),
    'Line 4, models[0].parameters.weight: must be a finite number, without quotes, not "1".',
  ],
  ['a weight that is no number', sound.replace('1}', 'much}'), 'must be a finite number'],
  [
    'a list with a text',
    sound.replace('1}', '[1, x]}'),
    'Line 4, models[0].parameters.weight[1]: must be a finite number',
  ],
  ['an empty list', sound.replace('1}', '[]}'), 'must be a list of at least one number'],
  ['a filter without a value', sound.replace('1}', '[{filter: mlp}]}'), 'weight[0].value: missing'],
  [
    'a density above 1',
    sound.replace('weight: 1', 'weight: 1, density: [0.5, 2]'),
    'density[1]: must be a number from 0 to 1, not 2.',
  ],
  [
    'no weight',
    sound.replace('weight: 1', 'density: 1'),
    'Line 4, weight of "a": missing: ties asks for it of every model.',
  ],
  [
    'no base',
    sound.replace('base_model: p\n', ''),
    'base_model: missing: ties adds changes to a base.',
  ],
  ['no t', of('slerp', 'a', ['a', 'b']), 'parameters.t: missing: slerp asks for it.'],
  [
    'another vocabulary',
    `${sound}tokenizer_source: union\n`,
    'Line 5, tokenizer_source: only base is supported',
  ],
  [
    'a tokenizer',
    `${sound}tokenizer: {source: union}\n`,
    'Line 5, tokenizer: a vocabulary cannot be built anew here.',
  ],
  [
    'rows of their own',
    `${sound}parameters: {nuslerp_row_wise: true}\n`,
    'Line 5, parameters.nuslerp_row_wise: only false is supported.',
  ],
  [
    'another dtype',
    `${sound}dtype: int8\n`,
    'Line 5, dtype: must be one of float32, float16, bfloat16, not "int8".',
  ],
  [
    'a model listed twice',
    sound.replace('}}]', '}}, {model: a}]'),
    'models[1].model: "a" is listed on line 4 already.',
  ],
])('refuses %s and says where', (_, text, message) => {
  const [first, ...others] = problems(text);
  expect(first).toContain(message);
  expect(others).toEqual([]);
});
