import { faultsOf, toAppError } from '../errors.ts';
import type { JsonValue } from '../formats/checkpoint.ts';
import { parseStrictJson } from '../formats/strictJson.ts';
import type { MergekitForms } from '../recipe/mergekitForm.ts';
import { formatRecipe } from '../recipe/formatRecipe.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Lineage, LineageInput } from '../api/family.ts';

const recipeKey = 'stitchwork_recipe';
const inputsKey = 'stitchwork_inputs';

const maxTextLength = 256 * 1024;
const maxInputs = 500;
const maxNameLength = 500;

const remedy = 'Save the file again with Stitchwork.';
const bad = faultsOf('Its metadata are odd:', remedy);

/** Metadata of a merged file; `inputs` are the base, the models, then data. */
export function lineageMetadata(
  recipe: Recipe,
  inputs: readonly { name: string; id: string }[],
): Record<string, string> {
  return {
    [recipeKey]: formatRecipe(recipe),
    [inputsKey]: JSON.stringify(inputs.map(({ name, id }) => ({ name, id }))),
  };
}

/** Whether a file says that Stitchwork merged it. */
export function hasLineage(metadata: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(metadata, recipeKey);
}

/**
 * What a file's metadata tell of how it was made, null when they tell nothing. Anyone may have written them: nothing is
 * taken that the recipe's parser and the limits here refuse.
 */
export function readLineage(
  metadata: Readonly<Record<string, string>>,
  methods: readonly string[],
  presets: readonly string[],
  forms: MergekitForms = {},
): Lineage | null {
  if (!hasLineage(metadata)) return null;
  try {
    const recipe = parseRecipe(textOf(metadata, recipeKey), methods, presets, forms);
    return { recipe, inputs: parseInputs(textOf(metadata, inputsKey), recipe), problem: null };
  } catch (thrown) {
    const { kind, message } = toAppError(thrown);
    if (kind !== 'BadFile') throw thrown;
    const problem = `How this file was made cannot be read; its weights open all the same. ${message}`;
    return { recipe: null, inputs: [], problem };
  }
}

function textOf(metadata: Readonly<Record<string, string>>, key: string): string {
  const text = Object.hasOwn(metadata, key) ? (metadata[key] ?? '') : '';
  if (text === '') throw bad(`${key} is missing`);
  if (text.length > maxTextLength)
    throw bad(`${key} has ${text.length} characters, more than ${maxTextLength}`);
  return text;
}

function parseInputs(text: string, { models }: Recipe): LineageInput[] {
  const list = parseStrictJson(new TextEncoder().encode(text), {
    what: `The list of inputs (${inputsKey})`,
    remedy,
  });
  if (!Array.isArray(list)) throw bad(`${inputsKey} is no list`);
  if (list.length > maxInputs)
    throw bad(`${inputsKey} lists ${list.length} inputs, more than ${maxInputs}`);
  if (list.length < models.length + 1)
    throw bad(
      `${inputsKey} lists ${list.length} inputs, and the recipe names ${models.length + 1} checkpoints`,
    );
  return list.map((entry, at) => parseInput(entry, at, models.length));
}

function parseInput(entry: JsonValue, at: number, models: number): LineageInput {
  const [name, id] = entry instanceof Map ? [entry.get('name'), entry.get('id')] : [];
  if (typeof name !== 'string' || name === '' || name.length > maxNameLength)
    throw bad(`input ${at + 1} of ${inputsKey} has no name of 1 to ${maxNameLength} characters`);
  if (typeof id !== 'string' || !/^[0-9a-f]{64}(?:\+[0-9a-f]{64})*$/.test(id))
    throw bad(`input ${at + 1} of ${inputsKey} has no content id of 64 hexadecimal digits`);
  return { name, id, role: at === 0 ? 'base' : at <= models ? 'fine-tuned' : 'data' };
}
