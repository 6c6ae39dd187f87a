import { beyondScope } from '../../recipe/densityOf.ts';
import { localizerBlocked, localizesWithData } from '../../state/localizeEdit.ts';
import { takesDensity, valueFor } from '../../state/recipeEdit.ts';
import { formatList } from '../../ui/format.ts';
import type { Setup } from '../../state/setup.svelte.ts';

/** Why the recipe on the table cannot run, in one sentence; null when it can. */
export function blockedBecause(setup: Setup): string | null {
  const { recipe, error, lacking, absent, absentData, preflight, preflightError } = setup;
  if (error) return 'The recipe has an error: correct it first.';
  if (!recipe) return 'Open a base and a fine-tune of it first.';
  if (lacking)
    return `${lacking} Open ${absent.length + absentData.length > 1 ? 'them' : 'it'}, or change the recipe.`;
  if (!recipe.models.length) return 'Take in at least one model.';
  if (preflightError) return preflightError.message;
  const refused = preflight?.models.filter(({ refusal }) => refusal !== null) ?? [];
  if (refused.length)
    return `${formatList(refused.map(({ name }) => name))} cannot merge with this base.`;
  if (preflight?.parameters.scope === 0) return 'No weight is in scope: widen the scope.';
  const [tooDense] = densityProblems(setup);
  if (tooDense) return tooDense;
  if (setup.localizer && localizesWithData(recipe, setup.method)) {
    const reason = localizerBlocked(recipe, setup.localizer);
    if (reason) return `${setup.localizer.label}: ${reason}`;
  }
  const without = recipe.models.filter(({ data }) => !data?.train).map(({ model }) => model);
  if (setup.method?.needs && without.length)
    return `${setup.method.label} learns from examples, and there are none for ${formatList(without)}. Add training data, or choose another method.`;
  const [problem] = setup.dataProblems;
  if (problem) return problem;
  return preflight ? null : '';
}

/** Where densities are of all parameters: those that the scope cannot hold. */
function densityProblems({ recipe, method, preflight }: Setup): string[] {
  if (recipe?.density_of !== 'model' || !method || !preflight || !takesDensity(method)) return [];
  return recipe.models.flatMap(({ model }) => {
    const density = valueFor(recipe, method, 'density', model);
    return typeof density === 'number'
      ? (beyondScope(model, density, preflight.parameters) ?? [])
      : [];
  });
}
