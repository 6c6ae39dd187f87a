import { dataPaths, taskDataOf, type Recipe } from '../recipe/recipe.ts';

/** The data that a recipe names, in the order of its tasks. */
export const dataNames = (recipe: Recipe): string[] => taskDataOf(recipe).flatMap(dataPaths);
