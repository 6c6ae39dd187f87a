import { badFile } from '../errors.ts';
import type { Parameters } from './parameters.ts';
import type { Recipe } from './recipe.ts';

/** Parameters of the model, and those in scope. */
export interface ParameterCounts {
  total: number;
  scope: number;
}

/**
 * Densities as shares of the scope, which all methods and localizers go by: as given, or with `density_of: model` so that
 * ⌊density · total⌋ of the scope are kept. Throws BadFile where the scope has fewer.
 */
export function asSharesOfScope(
  parameters: readonly Parameters[],
  recipe: Pick<Recipe, 'density_of' | 'models'>,
  counts: ParameterCounts,
): Parameters[] {
  if (recipe.density_of !== 'model') return [...parameters];
  return parameters.map((own, m) => {
    const { density } = own;
    if (density === undefined) return own;
    const problem = beyondScope(recipe.models[m]?.model ?? '', density, counts);
    if (problem !== null) throw badFile(problem);
    return { ...own, density: shareOf(Math.floor(density * counts.total), counts.scope) };
  });
}

/** What is wrong with a model's density of all parameters where that is more than the scope has; else null. */
export function beyondScope(
  model: string,
  density: number,
  { total, scope }: ParameterCounts,
): string | null {
  const count = Math.floor(density * total);
  if (count <= scope) return null;
  const [kept, all, most] = [count, total, scope].map((each) => each.toLocaleString('en'));
  return `The density of “${model}” is ${kept} of all ${all} parameters, and the scope holds ${most}. Lower the density, widen the scope, or count it over the scope (density_of).`;
}

/** The share of a whole that comes to just so many when it is multiplied and rounded down. */
function shareOf(count: number, whole: number): number {
  const share = whole > 0 ? count / whole : 0;
  return Math.floor(share * whole) < count ? share * (1 + Number.EPSILON) : share;
}
