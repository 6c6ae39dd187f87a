import type { LabInfo, LabModel } from '../api/lab.ts';
import { stitchOf, weightedSum } from './labModels.ts';

/** A way to merge tasks, by the name under which it is compared. */
export interface ComparedModel {
  id: string;
  label: string;
  model: LabModel;
}

/** The usual ways to merge these tasks, by their papers' defaults; stitches at this density. */
export function comparedModels(
  info: LabInfo,
  tasks: readonly number[],
  density: number,
  optimised: boolean,
): ComparedModel[] {
  const alike = 1 / Math.max(1, tasks.length);
  const stitch = (by: string) => stitchOf(info, tasks, { by, density });
  return [
    { id: 'average', label: 'Average', model: weightedSum(info, tasks, alike) },
    { id: 'arithmetic', label: 'Task arithmetic', model: weightedSum(info, tasks, 0.4) },
    {
      id: 'ties',
      label: 'TIES',
      model: { kind: 'ties', tasks: [...tasks], density: 0.2, lambda: 1 },
    },
    { id: 'dataless', label: 'Largest-change stitch', model: stitch('dataless') },
    ...(optimised ? [{ id: 'joint', label: 'Optimised stitch', model: stitch('joint') }] : []),
  ];
}
