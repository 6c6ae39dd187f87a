import type { LabInfo, LabMask, LabModel } from '../worker/lab/types.ts';

/** Numbers of the tasks that have a fine-tune of their own. */
export function tunedTasks({ tasks }: LabInfo): number[] {
  return tasks.flatMap(({ general }, i) => (general ? [] : i));
}

/** Numbers of the tasks that tell what the base knows. */
export function generalTasks({ tasks }: LabInfo): number[] {
  return tasks.flatMap(({ general }, i) => (general ? i : []));
}

/** The base with one mask for each of these tasks, overlaps averaged; of one task alone it is a graft. */
export function stitchOf(info: LabInfo, tasks: readonly number[], mask: LabMask): LabModel {
  const masks = tunedTasks(info).map((task) => (tasks.includes(task) ? mask : null));
  return { kind: 'stitch', masks };
}

/** θ_pre + weight · Σ τ over these tasks. */
export function sumOf(info: LabInfo, tasks: readonly number[], weight: number): LabModel {
  const weights = tunedTasks(info).map((task) => (tasks.includes(task) ? weight : 0));
  return { kind: 'sum', weights };
}
