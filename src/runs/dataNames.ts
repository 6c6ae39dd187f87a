import type { Recipe } from '../recipe/recipe.ts';

/** The data that a recipe names, in the order of its models. */
export function dataNames({ models }: Recipe): string[] {
  return models
    .flatMap(({ data }) => [data?.train, data?.test, data?.head])
    .filter((name) => name !== undefined);
}
