import type { Recipe, TaskData } from '../recipe/recipe.ts';

/** A recipe by other names, asked for in the order base, each model with its data, then general tasks. */
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
    ...(recipe.general && {
      general: recipe.general.map(({ name, data }) => ({
        name,
        data: renamedData(data, dataCalled),
      })),
    }),
  };
}

/** What a recipe says of data, with other names for its files, asked for in the order of `dataPaths`. */
export function renamedData(
  { train, test, demonstrations, head, ...reading }: TaskData,
  called: (name: string) => string,
): TaskData {
  return {
    ...(train !== undefined && { train: called(train) }),
    ...(test !== undefined && { test: called(test) }),
    ...(demonstrations && {
      demonstrations: { ...demonstrations, from: called(demonstrations.from) },
    }),
    ...(head !== undefined && { head: called(head) }),
    ...reading,
  };
}
