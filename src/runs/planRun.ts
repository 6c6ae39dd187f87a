import type { JobControl } from '../jobs/jobs.ts';
import type { MergePlan } from '../merge/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import type { FindData } from '../storage/dataSets.ts';
import { planOf, untiedIn } from './planOf.ts';
import { createRunTools, type RunTools } from './runTools.ts';

/** A recipe on its checkpoints, and what works on it. */
export interface PlannedRun {
  id: string;
  recipe: Recipe;
  /** Base first. */
  checkpoints: StoredCheckpoint[];
  plan: MergePlan;
  findData: FindData;
  control: JobControl;
  tools: RunTools;
}

/** Plans a run, in chunks of so many elements, and lends it tools that are to be closed; throws BadFile for an unknown method. */
export function planRun(
  {
    id,
    recipe,
    checkpoints,
    findData,
  }: Pick<PlannedRun, 'id' | 'recipe' | 'checkpoints' | 'findData'>,
  elements: number,
  control: JobControl,
): PlannedRun {
  const plan = planOf(recipe, checkpoints, elements);
  const tools = createRunTools(recipe, checkpoints, findData, { untied: untiedIn(plan) });
  return { id, recipe, checkpoints, findData, plan, control, tools };
}
