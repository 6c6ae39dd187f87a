import type { Recipe, TaskData } from '../recipe/recipe.ts';

/** A recipe by other names, asked for in the order base, then each model with its data. */
export function renamedRecipe(
  recipe: Recipe,
  called: (checkpoint: string) => string,
  dataCalled: (name: string) => string,
): Recipe {
  return {
    ...recipe,
    base_model: called(recipe.base_model),
    models: recipe.models.map(({ model, data, ...rest }) => ({
      ...rest,
      model: called(model),
      ...(data && { data: renamedData(data, dataCalled) }),
    })),
  };
}

/** What a recipe says of data, with other names for its files. */
export function renamedData(data: TaskData, called: (name: string) => string): TaskData {
  const files = (['train', 'test', 'head'] as const).flatMap((use) =>
    data[use] === undefined ? [] : [[use, called(data[use])] as const],
  );
  return { ...data, ...Object.fromEntries(files) };
}
