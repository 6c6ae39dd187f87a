import { dataPaths, type Recipe } from '../recipe/recipe.ts';

/** The data that a recipe names, in the order of its models. */
export function dataNames({ models }: Recipe): string[] {
  return models.flatMap(({ data }) => dataPaths(data ?? {}));
}
