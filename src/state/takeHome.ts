import type { Recipe } from '../recipe/recipe.ts';

/** Examples per class on which masks are found: few, so that it takes little time. */
const shots = 16;

/** The recipe of the stitch of these models at a density, without evaluation; masks found with data, together, only where it is `joint`. */
export function takeHomeRecipe(
  { base_model, models, scope, dtype }: Recipe,
  chosen: readonly string[],
  joint: boolean,
  density: number,
): Recipe {
  const taken = models.filter(({ model }) => chosen.includes(model));
  return {
    merge_method: 'localize_and_stitch',
    base_model,
    models: taken.map(({ model, data }) => ({ model, ...(joint && data && { data }) })),
    parameters: { density },
    ...(joint && { localize: { preset: 'joint', budget: 'exact', shots, seed: 0 } }),
    ...(scope && { scope }),
    dtype,
    out_dtype: 'base',
  };
}
