import { badFile, bug } from '../errors.ts';
import { methodFor } from '../merge/methods/registry.ts';
import { planMerge, type MergePlan } from '../merge/plan.ts';
import { planTensors, untiedTensors } from '../merge/preflight.ts';
import { tensorRules } from '../merge/tensorRules.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { ownMasks } from './localizing/searchPlan.ts';

/** Tensors of the output that the base ties and it does not. */
export const untiedIn = ({ outputs }: Pick<MergePlan, 'outputs'>): TensorInfo[] =>
  untiedTensors(outputs.map(({ planned }) => planned));

/** Plans the merge of a recipe on its checkpoints, base first, in chunks of so many elements; the same on every thread. */
export function planOf(
  recipe: Recipe,
  checkpoints: StoredCheckpoint[],
  elements: number,
): MergePlan {
  const method = methodFor(recipe);
  if (!method) throw badFile(`There is no method “${recipe.merge_method}”. Choose another.`);
  const [base, ...models] = checkpoints;
  if (!base) throw bug('A merge needs a base.');
  const tensors = planTensors(base, models, ...tensorRules(recipe, method));
  const own = ownMasks(recipe, checkpoints, method);
  // The mask of a patch is where it holds weights.
  const isGiven = ({ patch }: StoredCheckpoint) => patch !== undefined && method.mask === 'density';
  const masked = models.map((model, m) => own[m] === true || isGiven(model));
  return planMerge(tensors, recipe, method, elements, masked);
}
