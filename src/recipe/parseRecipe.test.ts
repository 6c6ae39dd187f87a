import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { parseRecipe } from './parseRecipe.ts';

const methods = ['linear', 'task_arithmetic', 'ties', 'localize_and_stitch'];
const presets = ['scaled', 'joint', 'paper'];

function problems(text: string): string[] {
  try {
    parseRecipe(text, methods, presets);
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
  expect(parseRecipe(text, methods, presets)).toEqual({
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
  expect(parseRecipe(sound, methods, presets)).toEqual({
    merge_method: 'ties',
    base_model: 'base',
    models: [{ model: 'a' }, { model: 'b' }],
    dtype: 'float32',
    out_dtype: 'base',
  });
});

test('reads JSON, aliases and a scope of patterns', () => {
  const json = '{"merge_method": "linear", "base_model": "p", "models": [{"model": "q"}]}';
  expect(parseRecipe(json, methods, presets).models).toEqual([{ model: 'q' }]);
  const scoped = `${sound}scope:\n  include: &names ["*.weight", "*.bias"]\n  exclude: *names\n`;
  expect(parseRecipe(scoped, methods, presets).scope).toEqual({
    include: ['*.weight', '*.bias'],
    exclude: ['*.weight', '*.bias'],
  });
});

const rows: [fault: string, text: string, message: string][] = [
  [
    'an unknown key',
    `${sound}layers: []`,
    'Line 4, layers: unknown key. Allowed here: merge_method, base_model, models and 12 more.',
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
    'Line 3, models[0]: must be a mapping with the keys model, parameters, data, mask, not "a".',
  ],
  [
    'a model without a name',
    sound.replace('{model: a}', '{parameters: {weight: 1}}'),
    'Line 3, models[0].model: missing: give the name of a checkpoint.',
  ],
  [
    'a model listed twice',
    sound.replace('{model: b}', '{model: a}'),
    'Line 3, models[1].model: "a" is listed on line 3 already.',
  ],
  [
    'a model listed twice, lines apart',
    sound.replace('[{model: a}, {model: b}]', '\n  - {model: a}\n  - {model: b}\n  - {model: a}'),
    'Line 6, models[2].model: "a" is listed on line 4 already.',
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
    'Line 3, models[1].parameters.lambda: unknown key. Allowed here: density, weight, gamma, epsilon, scale.',
  ],
  [
    'a flag that is a number',
    `${sound}parameters: {rescale: 1}`,
    'Line 4, parameters.rescale: must be true or false, not 1.',
  ],
  [
    'a seed that is not whole',
    `${sound}parameters: {seed: 0.5}`,
    'Line 4, parameters.seed: must be a whole number from 0 to 4294967295, not 0.5.',
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
    'Line 1: must be a mapping with the keys merge_method, base_model, models, parameters, localize, evaluate, scope, density_of, rows, dtype, out_dtype, general, compare, sweep, tables, not empty.',
  ],
  [
    'a text over the limit',
    '#'.repeat(262_145),
    'The recipe has 262145 characters; a recipe may have 262144. Is it the right file?',
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
  const unknown = Array.from({ length: 30 }, (_, i) => `key${i}: 1`).join(', ');
  const text = `${sound}scope: {include: [a], ${unknown}}`;
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
  expect(problems(text)).toEqual([
    'Line 1: aliases (*name) of aliases come to too many values. Write the values out.',
  ]);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('reads data, localizing and metrics', () => {
  const text = `merge_method: localize_and_stitch
base_model: base
models:
  - model: sst2
    parameters: {density: 0.01}
    data:                              # paths below --models; JSONL, CSV or TSV
      train: sst2/few64.jsonl
      test: sst2/test.jsonl
      columns: {text: text, label: label}
      template: "{text} It was{mask} ." # {text}, {text_b}, {mask}
      label_words: [" terrible", " great"]
localize: {preset: scaled, budget: exact, shots: 64, seed: 0, epochs: 10, batch_size: 16}
evaluate: [accuracy]
scope: blocks
out_dtype: float32
`;
  expect(parseRecipe(text, methods, presets)).toEqual({
    merge_method: 'localize_and_stitch',
    base_model: 'base',
    models: [
      {
        model: 'sst2',
        parameters: { density: 0.01 },
        data: {
          train: 'sst2/few64.jsonl',
          test: 'sst2/test.jsonl',
          columns: { text: 'text', label: 'label' },
          template: '{text} It was{mask} .',
          label_words: [' terrible', ' great'],
        },
      },
    ],
    localize: {
      ...{ preset: 'scaled', budget: 'exact', shots: 64, seed: 0 },
      ...{ epochs: 10, batch_size: 16 },
    },
    evaluate: ['accuracy'],
    scope: 'blocks',
    dtype: 'float32',
    out_dtype: 'float32',
  });
});

const withData = (data: string) =>
  `merge_method: ties\nbase_model: base\nmodels:\n  - model: a\n    data: ${data}\n`;

test('fills in how to localize when a model has data', () => {
  const { localize } = parseRecipe(withData('{train: a.csv}'), methods, presets);
  expect(localize).toEqual({ preset: 'scaled', budget: 'exact', shots: 64, seed: 0 });
  expect(parseRecipe(sound, methods, presets).localize).toBeUndefined();
});

test.each([
  ['{columns: {text: a}}', 'Line 5, models[0].data: give train, test or both.'],
  [
    '{train: a, template: "{text} is{mask}"}',
    'Line 5, models[0].data.template: needs label_words, one for each class, to stand where {mask} is.',
  ],
  [
    '{train: a, label_words: [" no", " yes"]}',
    'Line 5, models[0].data.label_words: need a template with {mask}, such as "{text} It was{mask} .".',
  ],
  [
    '{train: a, template: "{text} was", label_words: [" no", " yes"]}',
    'Line 5, models[0].data.template: must have one {mask}, not 0.',
  ],
  [
    '{train: a, template: "It was{mask}", label_words: [" no", " yes"]}',
    'Line 5, models[0].data.template: must have {text}, where the text of an example is put.',
  ],
  [
    '{train: a, template: "{text}{mask}", label_words: [" no", " yes"], labels: [a, b, c]}',
    'Line 5, models[0].data.label_words: are 2, where labels names 3 classes. Give one word for each.',
  ],
  ['{train: a, labels: [x, x]}', 'Line 5, models[0].data.labels[1]: "x" is listed already.'],
  [
    '{train: a, labels: [0, 1]}',
    'Line 5, models[0].data.labels[0]: must be a class name, in quotes, not 0.',
  ],
  [
    '{train: a, prompts: ["a photo"]}',
    'Line 5, models[0].data.prompts: must each have one {label}, where the name of a class is put.',
  ],
  [
    '{train: a, kind: choices, labels: [x, y]}',
    'Line 5, models[0].data.labels: is for classes, and kind is choices. Leave one of them out.',
  ],
  [
    '{train: a, prompts: ["a {label}"], head: h.safetensors}',
    'Line 5, models[0].data.head: stands in place of prompts. Leave one of them out.',
  ],
  [
    '{train: a, template: "{text}{mask}", label_words: [" no", " yes"], head: h.safetensors}',
    'Line 5, models[0].data.head: is for images, a template is for text. Leave one of them out.',
  ],
  [
    '{train: a, kind: choices, head: h.safetensors}',
    'Line 5, models[0].data.head: is for classes, and kind is choices. Leave one of them out.',
  ],
  [
    '{train: a, kind: answers, template: alpacca}',
    'Line 5, models[0].data.template: must be one of plain, alpaca, chat, or have {text}.',
  ],
  [
    '{train: a, kind: answers, template: "{text} was{mask}"}',
    'Line 5, models[0].data.template: has {mask}, and no place for the answer. Let it end where the answer begins.',
  ],
  [
    '{test: a, kind: choices, template: copa, scoring: letter}',
    'Line 5, models[0].data.scoring: cannot be letter with copa, which shows no letters. Leave one out.',
  ],
  [
    '{train: a, kind: answers, scoring: letter}',
    'Line 5, models[0].data.scoring: is for questions with choices, and kind is answers. Leave one of them out.',
  ],
  [
    '{train: a, kind: choices, scoring: letter, template: "Q: {text}"}',
    'Line 5, models[0].data.template: needs {choices}, where the choices are put behind their letters.',
  ],
  [
    '{train: a, normalize: bytes}',
    'Line 5, models[0].data.normalize: is for questions with choices. Leave it out, or give kind: choices.',
  ],
  [
    '{train: a, kind: choices, demonstrations: {from: b}}',
    'Line 5, models[0].data.demonstrations.count: missing: how many questions to show.',
  ],
  [
    '{train: a, kind: next_token, template: plain}',
    'Line 5, models[0].data.template: is for prompts, and kind is next_token. Leave one of them out.',
  ],
  ['{train: a, head: 1}', 'Line 5, models[0].data.head: must be the path of data'],
  [
    '{train: a, on_corrupt: stop}',
    'Line 5, models[0].data.on_corrupt: must be one of skip, refuse, not "stop".',
  ],
  [
    '{train: a, kind: choices, on_corrupt: skip}',
    'Line 5, models[0].data.on_corrupt: is for classes, and kind is choices. Leave one of them out.',
  ],
  ['{train: a, shots: 3}', 'Line 5, models[0].data.shots: unknown key.'],
])('data %s are refused', (data, message) => {
  expect(problems(withData(data))[0]).toContain(message);
});

test.each([
  ['localize: {preset: best}', 'localize.preset: must be one of scaled, joint, paper, not "best".'],
  ['localize: {shots: 0}', 'localize.shots: must be a number from 1 to 1000000, not 0.'],
  ['localize: {shots: 1.5}', 'localize.shots: must be a whole number from 1 to 1000000, not 1.5.'],
  [
    'localize: {shots: most}',
    'localize.shots: must be a whole number of examples per class, or all',
  ],
  ['localize: {seed: -1}', 'localize.seed: must be a number from 0 to 4294967295, not -1.'],
  ['localize: {learning_rate: 0}', 'localize.learning_rate: must be a number above 0, not 0.'],
  ['localize: {l1: -0.5}', 'localize.l1: must be a number from 0 on, not -0.5.'],
  [
    'evaluate: [bleu]',
    'evaluate[0]: must be one of accuracy, f1, perplexity, exact, mc2, not "bleu".',
  ],
  ['evaluate: [f1, f1]', 'evaluate[1]: "f1" is listed already.'],
])('%s is refused', (line, message) => {
  expect(problems(`${sound}${line}\n`)[0]).toContain(`Line 4, ${message}`);
});

test('a mask is named by its whole id', () => {
  const text = 'merge_method: ties\nbase_model: base\nmodels: [{model: a, mask: abc}]\n';
  expect(problems(text)).toEqual([
    'Line 3, models[0].mask: must be the id of a mask, 64 hexadecimal digits.',
  ]);
});

test('rows that only models have are kept where a recipe says so', () => {
  const rowsOf = (text: string) =>
    parseRecipe(
      `merge_method: linear\nbase_model: base\nmodels: [{model: a}]\n${text}`,
      methods,
      [],
    ).rows;
  expect(rowsOf('')).toBeUndefined();
  expect(rowsOf('rows: all')).toBe('all');
  expect(() => rowsOf('rows: some')).toThrow('Line 4, rows: must be one of base, all');
});
