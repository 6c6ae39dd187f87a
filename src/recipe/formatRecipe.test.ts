import { expect, test } from 'vitest';
import { formatRecipe } from './formatRecipe.ts';
import { parseRecipe } from './parseRecipe.ts';
import {
  nativeParameters,
  parameterRules,
  type ParameterName,
  type Parameters,
} from './parameters.ts';
import type { LocalizeSettings, MetricName, OutDtype, Recipe, Scope, TaskData } from './recipe.ts';

const methods = ['linear', 'task_arithmetic', 'ties', 'localize_and_stitch'];
const presets = ['scaled', 'joint', 'paper'];
const ofModel = nativeParameters.filter((name) => parameterRules[name].per === 'model');

test('writes the keys in the order of the documentation, parameters on one line', () => {
  const recipe: Recipe = {
    out_dtype: 'bfloat16',
    dtype: 'float32',
    rows: 'all',
    density_of: 'model',
    scope: { exclude: ['*.bias'], include: ['encoder.*'] },
    parameters: { lambda: 1, weight: 0.4, density: 0.05 },
    models: [{ parameters: { density: 0.1 }, model: 'sentiment' }, { model: 'no' }],
    base_model: 'base',
    merge_method: 'localize_and_stitch',
  };
  expect(formatRecipe(recipe)).toBe(`merge_method: localize_and_stitch
base_model: base
models:
  - model: sentiment
    parameters: {density: 0.1}
  - model: "no"
parameters: {density: 0.05, weight: 0.4, lambda: 1}
scope: {include: [encoder.*], exclude: ["*.bias"]}
density_of: model
rows: all
dtype: float32
out_dtype: bfloat16
`);
});

test('writes data over several lines, and short lists on one', () => {
  const recipe: Recipe = {
    merge_method: 'localize_and_stitch',
    base_model: 'base',
    models: [
      {
        model: 'sst2',
        parameters: { density: 0.01 },
        data: {
          test: 'sst2/test.jsonl',
          label_words: [' terrible', ' great'],
          template: '{text} It was{mask} .',
          columns: { label: 'label', text: 'text' },
          train: 'sst2/few64.jsonl',
        },
        mask: 'ab'.repeat(32),
      },
    ],
    evaluate: ['accuracy', 'f1'],
    localize: { seed: 0, shots: 'all', epochs: 10, budget: 'exact', preset: 'scaled' },
    scope: 'blocks',
    dtype: 'float32',
    out_dtype: 'float32',
  };
  expect(formatRecipe(recipe)).toBe(`merge_method: localize_and_stitch
base_model: base
models:
  - model: sst2
    parameters: {density: 0.01}
    data:
      train: sst2/few64.jsonl
      test: sst2/test.jsonl
      columns: {text: text, label: label}
      template: "{text} It was{mask} ."
      label_words: [" terrible", " great"]
    mask: ${'ab'.repeat(32)}
localize: {preset: scaled, budget: exact, shots: all, seed: 0, epochs: 10}
evaluate: [accuracy, f1]
scope: blocks
dtype: float32
out_dtype: float32
`);
});

/** Numbers in [0, 1) from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pieces = [
  ...['a', 'roberta-base', ' ', ': ', '#', '- ', '"', "'", '\n', '\t', '\\', '{', '[', '&', '*'],
  ...['!', '|', '>', '%', '@', '`', '~', 'null', 'true', '1e3', '0x1f', '.nan', '---', '...'],
  ...['é', '模型', '😀', '\u0085', '\u2028', '\ufeff', '__proto__', ',', '?', '=', '<<'],
];

function randomRecipe(random: () => number): Recipe {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const text = () => Array.from({ length: 1 + random() * 5 }, () => pick(pieces)).join('');
  const number = () => pick([0, 1, -1, 0.05, 1e-7, 5e-324, 1e21, 123456.75, random(), -random()]);
  const valueOf: Record<(typeof parameterRules)[ParameterName]['kind'], () => number> = {
    flag: () => pick([0, 1]),
    integer: () => pick([0, 7, 2 ** 32 - 1]),
    rate: () => 0.001,
    share: () => pick([0, 1, random()]),
    number,
  };
  const parameters = (keys: readonly ParameterName[]) => {
    const some: Parameters = {};
    for (const key of keys) {
      const { kind, min, max } = parameterRules[key];
      if (random() < 0.5) some[key] = Math.min(max, Math.max(min, valueOf[kind]()));
    }
    return some;
  };
  const texts = () => Array.from({ length: 1 + random() * 3 }, text);
  const names = [...new Set(Array.from({ length: 2 + random() * 6 }, text))];
  const scopes: (() => Scope)[] = [
    () => 'blocks',
    () => 'all',
    () => ({ include: texts() }),
    () => ({ include: texts(), exclude: texts() }),
  ];
  const unique = (count: number) => {
    const found = new Set<string>();
    while (found.size < count) found.add(text());
    return [...found];
  };
  const labelled = (): TaskData => {
    const classes = 2 + Math.floor(random() * 3);
    if (random() < 0.2) return { test: text(), on_corrupt: pick(['skip', 'refuse']) };
    if (random() < 0.1) return { train: text(), head: text() };
    return {
      train: text(),
      ...(random() < 0.5 && { test: text() }),
      ...(random() < 0.5 && { columns: { text: text(), label: text(), image: text() } }),
      ...(random() < 0.5 && {
        template: `${text()}{text} ${text()}{mask}`.replace(/\{(?!text|mask)/g, '('),
        label_words: unique(classes),
      }),
      ...(random() < 0.5 && { labels: unique(classes) }),
    };
  };
  const asked = (): TaskData => ({
    ...{ test: text(), kind: 'choices', template: 'Q: {text}\n{choices}\nA:' },
    columns: { choices: unique(2), answer: text() },
    scoring: pick(['text', 'letter']),
    normalize: pick(['none', 'characters', 'tokens', 'bytes']),
    demonstrations: { from: text(), count: 5, ...(random() < 0.5 && { seed: 3 }) },
  });
  const spoken = (): TaskData =>
    random() < 0.5 ? asked() : { test: text(), kind: pick(['choices', 'next_token', 'answers']) };
  const data = (): TaskData => (random() < 0.3 ? spoken() : labelled());
  const some = random() < 0.4;
  const localize: LocalizeSettings = {
    preset: pick(presets),
    budget: pick(['exact', 'free']),
    shots: pick([1, 64, 'all']),
    seed: pick([0, 1, 2 ** 32 - 1]),
    ...(random() < 0.5 && { epochs: 3, batch_size: 16 }),
    ...(random() < 0.5 && { learning_rate: pick([1e7, 1e-9]), l1: pick([0, 0.1]) }),
  };
  return {
    merge_method: pick(methods),
    base_model: 'the base',
    models: names.map((model) => ({
      model,
      ...(random() < 0.5 && { parameters: parameters(ofModel) }),
      ...(some && random() < 0.7 && { data: data() }),
      ...(random() < 0.1 && { mask: '0123456789abcdef'.repeat(4) }),
    })),
    ...((some || random() < 0.1) && { localize }),
    ...(random() < 0.3 && { evaluate: unique(1).map((): MetricName => pick(['f1', 'mc2'])) }),
    ...(random() < 0.5 && { parameters: parameters(nativeParameters) }),
    ...(random() < 0.7 && { scope: pick(scopes)() }),
    ...(random() < 0.3 && { density_of: pick(['scope', 'model']) }),
    dtype: 'float32',
    out_dtype: pick<OutDtype>(['float32', 'float16', 'bfloat16', 'base']),
  };
}

test('every recipe survives being written and read', { timeout: 30_000 }, () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const recipe = randomRecipe(randomFrom(seed));
    const text = formatRecipe(recipe);
    const parsed = parseRecipe(text, methods, presets);
    expect(parsed, `seed ${seed}:\n${text}`).toEqual(recipe);
    expect(formatRecipe(parsed)).toBe(text);
  }
});
