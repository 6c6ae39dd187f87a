import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { parseRecipe } from './parseRecipe.ts';

const methods = ['linear', 'task_arithmetic', 'ties', 'localize_and_stitch'];

function problems(text: string): string[] {
  try {
    parseRecipe(text, methods);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'BadFile') throw error;
    return error.message.split('\n');
  }
  throw new Error('The recipe was accepted.');
}

/** A sound recipe of three lines, to which tests add lines from line 4 on. */
const sound = `merge_method: ties
base_model: base
models: [{model: a}, {model: b}]
`;

test('reads a recipe with comments, per-model parameters and every key', () => {
  const text = `merge_method: localize_and_stitch      # or linear (average), task_arithmetic, ties
base_model: base
models:
  - model: sentiment
    parameters: {density: 0.05}
  - model: questions
parameters: {density: 0.1, weight: 0.4, lambda: 1.0}
scope: blocks
dtype: float32
out_dtype: bfloat16
`;
  expect(parseRecipe(text, methods)).toEqual({
    merge_method: 'localize_and_stitch',
    base_model: 'base',
    models: [{ model: 'sentiment', parameters: { density: 0.05 } }, { model: 'questions' }],
    parameters: { density: 0.1, weight: 0.4, lambda: 1 },
    scope: 'blocks',
    dtype: 'float32',
    out_dtype: 'bfloat16',
  });
});

test('fills in float32 arithmetic and the dtypes of the base when none are given', () => {
  expect(parseRecipe(sound, methods)).toEqual({
    merge_method: 'ties',
    base_model: 'base',
    models: [{ model: 'a' }, { model: 'b' }],
    dtype: 'float32',
    out_dtype: 'base',
  });
});

test('reads JSON, aliases and a scope of patterns', () => {
  const json = '{"merge_method": "linear", "base_model": "p", "models": [{"model": "q"}]}';
  expect(parseRecipe(json, methods).models).toEqual([{ model: 'q' }]);
  const scoped = `${sound}scope:\n  include: &names ["*.weight", "*.bias"]\n  exclude: *names\n`;
  expect(parseRecipe(scoped, methods).scope).toEqual({
    include: ['*.weight', '*.bias'],
    exclude: ['*.weight', '*.bias'],
  });
});

const rows: [fault: string, text: string, message: string][] = [
  [
    'an unknown key',
    `${sound}slices: []`,
    'Line 4, slices: unknown key. Allowed here: merge_method, base_model, models, parameters, scope, dtype, out_dtype.',
  ],
  [
    'a key that no version understands yet',
    `${sound}localize: {preset: paper}`,
    'Line 4, localize: unknown key. Allowed here: merge_method, base_model, models, parameters, scope, dtype, out_dtype.',
  ],
  [
    'an unknown method',
    sound.replace('ties', 'slerp'),
    'Line 1, merge_method: must be one of linear, task_arithmetic, ties, localize_and_stitch, not "slerp".',
  ],
  [
    'a missing base',
    sound.replace('base_model: base\n', ''),
    'Line 1, base_model: missing: every method needs the checkpoint that scope and copied tensors come from.',
  ],
  [
    'a base that is a number',
    sound.replace('base_model: base', 'base_model: 7'),
    'Line 2, base_model: must be the name of a checkpoint, in quotes, not 7.',
  ],
  [
    'no models',
    sound.replace('[{model: a}, {model: b}]', '[]'),
    'Line 3, models: must be a list of at least one fine-tuned checkpoint, not an empty list.',
  ],
  [
    'a model that is no mapping',
    sound.replace('{model: a}', 'a'),
    'Line 3, models[0]: must be a mapping with the keys model, parameters, not "a".',
  ],
  [
    'a model without a name',
    sound.replace('{model: a}', '{parameters: {weight: 1}}'),
    'Line 3, models[0].model: missing: name a checkpoint.',
  ],
  [
    'a model listed twice',
    sound.replace('{model: b}', '{model: a}'),
    'Line 3, models[1].model: "a" is listed on line 3 already.',
  ],
  [
    'the base among the models',
    sound.replace('{model: b}', '{model: base}'),
    'Line 3, models[1].model: "base" is the base already; list only fine-tuned.',
  ],
  [
    'a weight in quotes',
    `${sound}parameters: {weight: "0.4"}`,
    'Line 4, parameters.weight: must be a finite number, without quotes, not "0.4".',
  ],
  [
    'a weight of NaN',
    `${sound}parameters: {weight: .nan}`,
    'Line 4, parameters.weight: must be a finite number, not NaN.',
  ],
  [
    'an endless lambda',
    `${sound}parameters: {lambda: -.inf}`,
    'Line 4, parameters.lambda: must be a finite number, not -Infinity.',
  ],
  [
    'a density above 1',
    `${sound}parameters: {density: 5}`,
    'Line 4, parameters.density: must be a number from 0 to 1, not 5.',
  ],
  [
    'a negative density',
    sound.replace('{model: b}', '{model: b, parameters: {density: -0.1}}'),
    'Line 3, models[1].parameters.density: must be a number from 0 to 1, not -0.1.',
  ],
  [
    'a gradient of densities over depth',
    `${sound}parameters: {density: [0, 1]}`,
    'Line 4, parameters.density: must be a number from 0 to 1, not a list.',
  ],
  [
    'lambda for a single model',
    sound.replace('{model: b}', '{model: b, parameters: {lambda: 1}}'),
    'Line 3, models[1].parameters.lambda: unknown key. Allowed here: weight, density.',
  ],
  [
    'a dtype of arithmetic other than float32',
    `${sound}dtype: bfloat16`,
    'Line 4, dtype: must be float32, not "bfloat16".',
  ],
  [
    'an unknown output dtype',
    `${sound}out_dtype: int8`,
    'Line 4, out_dtype: must be one of float32, float16, bfloat16, base, not "int8".',
  ],
  [
    'an unknown scope',
    `${sound}scope: layers`,
    'Line 4, scope: must be blocks, all or {include: […], exclude: […]}, not "layers".',
  ],
  [
    'a scope of no patterns',
    `${sound}scope: {}`,
    'Line 4, scope: give include, exclude or both, or write blocks or all.',
  ],
  [
    'a scope pattern that is no text',
    `${sound}scope: {include: ["*", 3]}`,
    'Line 4, scope.include[1]: must be a pattern over tensor names, in quotes, not 3.',
  ],
  ['a key given twice', `${sound}base_model: c`, 'Line 4, base_model: given on line 2 already.'],
  [
    'a second document',
    `${sound}---\nmerge_method: linear`,
    'Line 4: a second document starts here; a recipe is a single one.',
  ],
  [
    'broken YAML',
    `${sound}scope: {include: ["a"]`,
    'Line 4: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }.',
  ],
  [
    'a tag',
    `${sound}dtype: !!js/function float32`,
    'Line 4: not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function.',
  ],
  [
    'an empty text',
    '',
    'Line 1: must be a mapping with the keys merge_method, base_model, models, parameters, scope, dtype, out_dtype, not empty.',
  ],
  [
    'a text over the limit',
    '#'.repeat(1_000_001),
    'The recipe has 1000001 characters; a recipe may have 1000000. Is it the right file?',
  ],
  ['deep nesting', '['.repeat(50_000), 'The recipe is nested more than 30 levels deep.'],
  [
    'many aliases',
    `a: &a [x]\nb: [${'*a, '.repeat(101)}]`,
    'Line 1: more than 100 aliases (*name). Write the values out.',
  ],
];

test.each(rows)('refuses %s and says where', (_, text, message) => {
  expect(problems(text)).toEqual([message]);
});

test('lists every problem in line order', () => {
  const text = 'out_dtype: no\nmerge_method: ties\nmodels: [{model: a, parameters: {density: 9}}]';
  expect(problems(text).map((line) => line.split(': ')[0])).toEqual([
    'Line 1, base_model',
    'Line 1, out_dtype',
    'Line 3, models[0].parameters.density',
  ]);
});

test('stops listing after twenty problems', () => {
  const text = sound + Array.from({ length: 30 }, (_, i) => `key${i}: 1`).join('\n');
  const lines = problems(text);
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('… and 10 more problems.');
});

test('nested aliases do not multiply', () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `k${i + 1}: &k${i + 1} [${`*k${i}, `.repeat(10)}]`,
  );
  const text = `k0: &k0 [x, x]\n${levels.join('\n')}\nmerge_method: ties\nbase_model: b\nmodels: *k9\n`;
  const started = performance.now();
  expect(problems(text)).toContain(
    'Line 10, models[0]: must be a mapping with the keys model, parameters, not a list.',
  );
  expect(performance.now() - started).toBeLessThan(2000);
});
