import { defaultLocalize, type Recipe, type Sweep } from './recipe.ts';

/** A recipe of a sweep, and the values that make it. */
export interface SweptRecipe {
  /** By path, in the sweep's order. */
  values: Record<string, number | string>;
  recipe: Recipe;
}

/** Every combination of a sweep's values, the last path changing fastest; the recipe alone when it sweeps nothing. */
export function expandSweep({ sweep = {}, ...recipe }: Recipe): SweptRecipe[] {
  return Object.entries(sweep).reduce<SweptRecipe[]>(
    (all, [path, values]) =>
      all.flatMap((each) =>
        values.map((value) => ({
          values: { ...each.values, [path]: value },
          recipe: setAt(each.recipe, path, value),
        })),
      ),
    [{ values: {}, recipe }],
  );
}

/** Recipes that a sweep expands to. */
export function sweepSize(sweep: Sweep): number {
  return Object.values(sweep).reduce((product, { length }) => product * length, 1);
}

/** The last word of a path: "density". */
export const pathName = (path: string) => path.split('.').at(-1) ?? path;

/** Values of a sweep by the last word of their paths: "density 0.05, preset scaled". */
export function valuesLabel(values: SweptRecipe['values']): string {
  return Object.entries(values)
    .map(([path, value]) => `${pathName(path)} ${value}`)
    .join(', ');
}

function setAt(recipe: Recipe, path: string, value: number | string): Recipe {
  const [head = '', key] = path.split('.');
  if (key === undefined) return { ...recipe, [head]: value };
  if (head === 'parameters')
    return { ...recipe, parameters: { ...recipe.parameters, [key]: value } };
  return { ...recipe, localize: { ...defaultLocalize, ...recipe.localize, [key]: value } };
}
