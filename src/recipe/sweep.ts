import { defaultLocalize, type Recipe, type Sweep, type Variation } from './recipe.ts';

/** A recipe, and the values that make it, by path. */
export interface ValuedRecipe {
  values: Record<string, number | string>;
  recipe: Recipe;
}

/** One of the recipes that a recipe stands for. */
export interface SweptRecipe extends ValuedRecipe {
  /** The variation's name, and its values of the sweep: unlike all others'. */
  name: string;
  /** The variation's alone, or empty. */
  way: string;
  paper?: Variation['paper'];
}

/** Every variation at every combination of a sweep's values, the last path changing fastest; without either the recipe alone. */
export function expandSweep({ compare, sweep = {}, tables: _, ...recipe }: Recipe): SweptRecipe[] {
  return (compare ?? [{ name: '' }]).flatMap(({ name, paper, ...changes }: Variation) =>
    Object.entries(sweep)
      .reduce<ValuedRecipe[]>(
        (all, [path, values]) =>
          all.flatMap((each) =>
            values.map((value) => ({
              values: { ...each.values, [path]: value },
              recipe: setAt(each.recipe, path, value),
            })),
          ),
        [{ values: {}, recipe: vary(recipe, changes) }],
      )
      .map((each) => ({
        way: name,
        name: [name, valuesLabel(each.values)].filter(Boolean).join(', '),
        ...(paper && { paper }),
        ...each,
      })),
  );
}

/** A recipe with what a variation has in its place. */
function vary(
  recipe: Recipe,
  { merge_method, parameters, localize, scope, models }: Omit<Variation, 'name'>,
): Recipe {
  return {
    ...recipe,
    ...(models && { models: recipe.models.filter(({ model }) => models.includes(model)) }),
    ...(merge_method !== undefined && { merge_method }),
    ...(parameters && { parameters: { ...recipe.parameters, ...parameters } }),
    ...(localize && { localize: { ...defaultLocalize, ...recipe.localize, ...localize } }),
    ...(scope !== undefined && { scope }),
  };
}

/** Recipes that a sweep expands to. */
export function sweepSize(sweep: Sweep): number {
  return Object.values(sweep).reduce((product, { length }) => product * length, 1);
}

/** The last word of a path: "density". */
export const pathName = (path: string) => path.split('.').at(-1) ?? path;

/** Values of a sweep by the last word of their paths: "density 0.05, preset scaled". */
export function valuesLabel(values: ValuedRecipe['values']): string {
  return Object.entries(values)
    .map(([path, value]) => `${pathName(path)} ${value}`)
    .join(', ');
}

function setAt(recipe: Recipe, path: string, value: number | string): Recipe {
  const [head = '', key] = path.split('.');
  if (head === 'tasks') return { ...recipe, models: recipe.models.slice(0, Number(value)) };
  if (key === undefined) return { ...recipe, [head]: value };
  if (head === 'parameters')
    return { ...recipe, parameters: { ...recipe.parameters, [key]: value } };
  return { ...recipe, localize: { ...defaultLocalize, ...recipe.localize, [key]: value } };
}
