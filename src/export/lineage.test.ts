import { expect, test } from 'vitest';
import { formatRecipe } from '../recipe/formatRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { lineageMetadata, readLineage } from './lineage.ts';

const recipe: Recipe = {
  merge_method: 'ties',
  base_model: 'base',
  models: [{ model: 'mood' }, { model: 'topic' }],
  ...{ dtype: 'float32', out_dtype: 'base' },
};
const inputs = ['base', 'mood', 'topic', 'mood/test.jsonl'].map((name, i) => ({
  name,
  id: String(i).repeat(64),
}));
const read = (metadata: Record<string, string>) => readLineage(metadata, ['ties'], ['scaled']);
const withInputs = (list: unknown) =>
  read({ stitchwork_recipe: formatRecipe(recipe), stitchwork_inputs: JSON.stringify(list) });

test('what is written is read back, with the role of every input', () => {
  expect(read({ format: 'pt', ...lineageMetadata(recipe, inputs) })).toEqual({
    recipe,
    inputs: [
      { ...inputs[0], role: 'base' },
      { ...inputs[1], role: 'fine-tuned' },
      { ...inputs[2], role: 'fine-tuned' },
      { ...inputs[3], role: 'data' },
    ],
    problem: null,
  });
});

test('a file of another program has no lineage', () => {
  expect(read({ format: 'pt' })).toBeNull();
  expect(read(Object.create({ stitchwork_recipe: 'x' }) as Record<string, string>)).toBeNull();
});

test('a recipe that does not parse is told with line and field', () => {
  const text = formatRecipe(recipe).replace('ties', 'shred');
  const found = read({ ...lineageMetadata(recipe, inputs), stitchwork_recipe: text });
  expect(found?.recipe).toBeNull();
  expect(found?.problem).toMatch(
    /cannot be read; its weights open all the same\. Line 1, merge_method: must be one of ties, not "shred"/,
  );
});

const odd: [what: string, list: unknown, says: string][] = [
  ['no list', { 0: inputs[0] }, 'stitchwork_inputs is no list'],
  ['too few', inputs.slice(0, 2), 'lists 2 inputs, and the recipe names 3 checkpoints'],
  ['too many', Array.from({ length: 501 }, () => inputs[0]), 'lists 501 inputs, more than 500'],
  ['a number', [...inputs, 7], 'input 5 of stitchwork_inputs has no name'],
  ['an empty name', [{ ...inputs[0], name: '' }, ...inputs], 'input 1 of stitchwork_inputs'],
  ['a long name', [{ ...inputs[0], name: 'x'.repeat(501) }, ...inputs], 'no name of 1 to 500'],
  ['an id of another form', [{ ...inputs[0], id: '<b>' }, ...inputs], '64 hexadecimal digits'],
];

for (const [what, list, says] of odd)
  test(`inputs that are ${what} are told`, () => {
    const found = withInputs(list);
    expect(found?.inputs).toEqual([]);
    expect(found?.problem).toContain(says);
  });

test('names of prototypes are plain names, and their keys change nothing', () => {
  const list = `[{"__proto__":{"id":"${'a'.repeat(64)}"},"name":"__proto__","id":"${'b'.repeat(64)}"},${JSON.stringify(inputs.slice(1)).slice(1)}`;
  const found = read({ stitchwork_recipe: formatRecipe(recipe), stitchwork_inputs: list });
  expect(found?.inputs[0]).toEqual({ name: '__proto__', id: 'b'.repeat(64), role: 'base' });
  expect(Object.getPrototypeOf(found?.inputs[0])).toBe(Object.prototype);
});

test('texts over the limit are not parsed', () => {
  const long = `# ${'x'.repeat(256 * 1024)}\n`;
  const found = read({ ...lineageMetadata(recipe, inputs), stitchwork_recipe: long });
  expect(found?.problem).toContain('stitchwork_recipe has 262147 characters');
  const list = withInputs(inputs.concat({ name: 'y'.repeat(300_000), id: '' }));
  expect(list?.problem).toContain('more than 262144');
});

test('a missing list of inputs is told', () => {
  expect(read({ stitchwork_recipe: formatRecipe(recipe) })?.problem).toContain(
    'stitchwork_inputs is missing',
  );
});
