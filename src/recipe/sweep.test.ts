import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { formatRecipe } from './formatRecipe.ts';
import { parseRecipe } from './parseRecipe.ts';
import { taskOf } from './recipe.ts';
import { expandSweep } from './sweep.ts';

const parse = (sweep: string) =>
  parseRecipe(
    `merge_method: ties
base_model: base
models: [{model: a}, {model: b}]
parameters: {density: 0.2}
${sweep}`,
    ['ties', 'linear'],
    ['scaled', 'joint'],
  );

function problem(sweep: string): string {
  try {
    parse(sweep);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
  throw new Error('The sweep was accepted.');
}

describe('a sweep', () => {
  it('expands to every combination, the last path fastest', () => {
    const recipe = parse(
      'sweep: {parameters.density: [0.1, 0.3], localize.preset: [scaled, joint]}',
    );
    const found = expandSweep(recipe);
    expect(found.map(({ values }) => Object.values(values))).toEqual([
      [0.1, 'scaled'],
      [0.1, 'joint'],
      [0.3, 'scaled'],
      [0.3, 'joint'],
    ]);
    expect(found[3]?.recipe).toEqual({
      ...parse(''),
      parameters: { density: 0.3 },
      localize: { preset: 'joint', budget: 'exact', shots: 64, seed: 0 },
    });
  });

  it('varies the method and the scope, too, and is the recipe itself without values', () => {
    const found = expandSweep(parse('sweep: {merge_method: [linear], scope: [blocks, all]}'));
    expect(found.map(({ recipe }) => [recipe.merge_method, recipe.scope])).toEqual([
      ['linear', 'blocks'],
      ['linear', 'all'],
    ]);
    expect(expandSweep(parse(''))).toEqual([{ name: '', way: '', values: {}, recipe: parse('') }]);
  });

  it('is written as it is read', () => {
    const text = 'sweep: {parameters.lambda: [0.5, 1], parameters.rescale: [true, false]}';
    const recipe = parse(text);
    expect(recipe.sweep).toEqual({ 'parameters.lambda': [0.5, 1], 'parameters.rescale': [1, 0] });
    expect(formatRecipe(recipe)).toContain('parameters.rescale: [true, false]');
    expect(parseRecipe(formatRecipe(recipe), ['ties'], [])).toEqual(recipe);
  });

  it('is refused with line and path for paths, values and numbers of runs that cannot be', () => {
    expect(problem('sweep: {parameters.size: [1]}')).toMatch(
      /^Line 5, sweep.parameters.size: unknown key. Allowed here: merge_method, scope, parameters.density/,
    );
    expect(problem('sweep: {parameters.density: [0.1, 7]}')).toMatch(
      /^Line 5, sweep.parameters.density\[1\]: must be a number from 0 to 1, not 7/,
    );
    expect(problem('sweep: {parameters.density: []}')).toMatch(/a list of at least one value/);
    expect(problem('sweep: {parameters.density: [0.1, 0.1]}')).toMatch(/0.1 is listed already/);
    expect(problem('sweep: {}')).toMatch(/give a path with its values/);
    const many = Array.from({ length: 15 }, (_, i) => i);
    expect(problem(`sweep: {parameters.seed: [${many}], parameters.lambda: [${many}]}`)).toMatch(
      /expands to 225 runs; give at most 200/,
    );
  });
});

describe('ways to merge side by side', () => {
  const compare = `localize: {preset: joint, shots: 8}
compare:
  - name: TIES
    paper: {a: 61.5, mean: 60}
  - name: Sum, halved
    merge_method: linear
    parameters: {weight: 0.5}
    scope: {exclude: [head]}
  - name: One alone
    localize: {shots: 16}
    models: [b]
tables: [scores, overlap]`;

  it('have what they say in place of the recipe’s own, key by key', () => {
    const found = expandSweep(parse(compare));
    expect(found.map(({ name }) => name)).toEqual(['TIES', 'Sum, halved', 'One alone']);
    expect(found[0]?.paper).toEqual({ a: 61.5, mean: 60 });
    const plain = parse('localize: {preset: joint, shots: 8}');
    expect(found.map(({ recipe }) => recipe)).toEqual([
      plain,
      {
        ...plain,
        merge_method: 'linear',
        parameters: { density: 0.2, weight: 0.5 },
        scope: { exclude: ['head'] },
      },
      {
        ...plain,
        models: [{ model: 'b' }],
        localize: { preset: 'joint', budget: 'exact', shots: 16, seed: 0 },
      },
    ]);
  });

  it('are each swept', () => {
    const swept = `compare: [{name: x}, {name: y, merge_method: linear}]\nsweep: {tasks: [1, 2]}`;
    const found = expandSweep(parse(swept));
    expect(found.map(({ name }) => name)).toEqual([
      'x, tasks 1',
      'x, tasks 2',
      'y, tasks 1',
      'y, tasks 2',
    ]);
    expect(
      found.map(({ way, recipe }) => [way, recipe.merge_method, recipe.models.length]),
    ).toEqual([
      ['x', 'ties', 1],
      ['x', 'ties', 2],
      ['y', 'linear', 1],
      ['y', 'linear', 2],
    ]);
  });

  it('are written as they are read', () => {
    const recipe = parse(compare);
    expect(parseRecipe(formatRecipe(recipe), ['ties', 'linear'], ['scaled', 'joint'])).toEqual(
      recipe,
    );
  });

  it('are refused with line and path', () => {
    expect(problem('compare: [{merge_method: ties}]')).toMatch(
      /^Line 5, compare\[0\].name: missing: give the name of its row/,
    );
    expect(problem('compare: [{name: x}, {name: x}]')).toMatch(/"x" is listed on line 5 already/);
    expect(problem('compare: [{name: x, models: [c]}]')).toMatch(
      /models\[0\]: must be one of a, b/,
    );
    expect(problem('sweep: {tasks: [3]}')).toMatch(/must be a number from 1 to 2, not 3/);
    expect(problem('compare: [{name: x, paper: {c: 1}}]')).toMatch(
      /compare\[0\].paper.c: unknown key. Allowed here: a, b, mean/,
    );
    expect(problem('compare: [{name: x, localize: {preset: none}}]')).toMatch(/one of scaled/);
    expect(problem('tables: [scores]')).toMatch(/give compare or sweep, too/);
    expect(problem('compare: [{name: x}]\ntables: [scores, size]')).toMatch(
      /^Line 6, tables\[1\]: must be one of scores, grafts/,
    );
    const many = Array.from({ length: 101 }, (_, i) => `{name: "${i}"}`);
    expect(problem(`compare: [${many}]`)).toMatch(/lists 101 ways to merge; give at most 100/);
    expect(
      problem(`compare: [${many.slice(1)}]\nsweep: {tasks: [1, 2], parameters.lambda: [1, 2]}`),
    ).toMatch(/expands to 400 runs; give at most 200/);
  });
});

describe('general tasks', () => {
  it('are read and written like a model’s data', () => {
    const recipe = parse('general: [{name: news, data: {test: news.txt, kind: next_token}}]');
    expect(recipe.general).toEqual([
      { name: 'news', data: { test: 'news.txt', kind: 'next_token' } },
    ]);
    expect(parseRecipe(formatRecipe(recipe), ['ties'], [])).toEqual(recipe);
    expect([0, 2, 3].map((task) => taskOf(recipe, task)?.name)).toEqual(['a', 'news', undefined]);
  });

  it('need a name of their own, and test data', () => {
    expect(problem('general: [{name: a, data: {test: x}}]')).toMatch(/"a" is a model's name/);
    expect(problem('general: [{name: x, data: {train: x}}]')).toMatch(/needs test data/);
    expect(problem('general: [{name: x}]')).toMatch(/data: missing: name test data/);
  });
});
