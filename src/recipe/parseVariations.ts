import { namedItems } from './namedItems.ts';
import { localizeReaders } from './parseLocalize.ts';
import { parseParameters } from './parseParameters.ts';
import { parseScope } from './parseScope.ts';
import type { RecipeModel, Variation } from './recipe.ts';
import type { Field, Readers } from './yamlReader.ts';

const mostVariations = 100;

/** Ways to merge a recipe's models, each named once, and what a paper says of them. */
export function parseVariations(
  field: Field,
  models: readonly Pick<RecipeModel, 'model'>[],
  general: readonly string[],
  methods: readonly string[],
  presets: readonly string[],
): Variation[] {
  const readers = readersOf(models, general, methods, presets);
  const found = namedItems(
    field,
    'way to merge',
    'name',
    'the name of its row',
    Object.keys(readers),
  );
  if (found.length > mostVariations)
    field.report(`lists ${found.length} ways to merge; give at most ${mostVariations}.`);
  return found.map(({ name, fields }) => ({ name, ...fields.object(readers) }));
}

function readersOf(
  models: readonly Pick<RecipeModel, 'model'>[],
  general: readonly string[],
  methods: readonly string[],
  presets: readonly string[],
): Readers<Omit<Variation, 'name'>> {
  const localizing = localizeReaders(presets);
  const names = models.map(({ model }) => model);
  const rows = [...names, ...general, 'mean'];
  return {
    merge_method: (at) => at.oneOf(methods),
    parameters: (at) => parseParameters(at, 'merge'),
    localize: (at) => at.map(Object.keys(localizing)).object(localizing),
    scope: parseScope,
    models: (at) => at.distinct('model', (item) => item.oneOf(names)),
    paper: (at) => at.map(rows).each(rows, (value) => value.number(0, 1e6)),
  };
}

/** What a variation has, in the order in which it is written. */
export const variationKeys = [
  'name',
  ...(Object.keys(readersOf([], [], [], [])) as Exclude<keyof Variation, 'name'>[]),
] as const;
