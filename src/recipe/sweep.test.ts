import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { formatRecipe } from './formatRecipe.ts';
import { parseRecipe } from './parseRecipe.ts';
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
    expect(expandSweep(parse(''))).toEqual([{ values: {}, recipe: parse('') }]);
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
