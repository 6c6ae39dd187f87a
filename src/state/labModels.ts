import type { LabInfo, LabMask, LabModel } from '../api/lab.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** Numbers of the tasks that have a fine-tune of their own. */
export function tunedTasks({ tasks }: LabInfo): number[] {
  return tasks.flatMap(({ general }, i) => (general ? [] : i));
}

/** Numbers of the tasks that tell what the base knows. */
export function generalTasks({ tasks }: LabInfo): number[] {
  return tasks.flatMap(({ general }, i) => (general ? i : []));
}

/** A mask for each of these tasks, and none for the others. */
export function masksOf(info: LabInfo, tasks: readonly number[], mask: LabMask) {
  return tunedTasks(info).map((task) => (tasks.includes(task) ? mask : null));
}

/** The base with one mask for each of these tasks, overlaps averaged; of one task alone it is a graft. */
export function stitchOf(info: LabInfo, tasks: readonly number[], mask: LabMask): LabModel {
  return { kind: 'stitch', masks: masksOf(info, tasks, mask) };
}

/** θ_pre + weight · Σ τ over these tasks. */
export function weightedSum(info: LabInfo, tasks: readonly number[], weight: number): LabModel {
  const weights = tunedTasks(info).map((task) => (tasks.includes(task) ? weight : 0));
  return { kind: 'sum', weights };
}

/** The model in memory that equals what a recipe merges, where it stitches the largest changes at one density; null of others. */
export function previewOf(info: LabInfo, recipe: Recipe): LabModel | null {
  const { merge_method, parameters = {}, localize, models, density_of } = recipe;
  const plain = models.every(({ parameters, mask }) => !parameters && mask === undefined);
  const { density, ...others } = parameters;
  const stitches = merge_method === 'localize_and_stitch' && localize?.preset === 'dataless';
  const usual = plain && Object.keys(others).length === 0 && density_of !== 'model';
  if (!stitches || !usual || typeof density !== 'number') return null;
  return stitchOf(info, tunedTasks(info), { by: 'dataless', density });
}
