import type { MergePart } from './mergeChunks.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/**
 * The plan with one more model, whose float32 tensors are the merged ones: it alone counts, and the others are read for
 * where they differ from the base.
 */
export function madePlan(plan: MergePlan): MergePlan {
  const withMade = new Map(
    plan.outputs.map(({ planned }) => {
      const made = planned.fate === 'merged' ? { ...planned.tensor, dtype: 'F32' as const } : null;
      return [planned, { ...planned, models: [...planned.models, made] }] as const;
    }),
  );
  const of = (tensor: PlannedTensor) => withMade.get(tensor) ?? tensor;
  const parameters = [...plan.parameters.map(() => ({ weight: 0 })), { weight: 1 }];
  const { weigh: _, ...method } = plan.method;
  return {
    ...plan,
    groups: [],
    method: { ...method, mask: 'differs', constants: { USE_MASKS: 0 } },
    models: plan.models + 1,
    weights: [...plan.weights.map(() => 0), 1],
    masked: [...plan.masked, false],
    parameters,
    values: () => parameters,
    outputs: plan.outputs.map((output) => ({ ...output, planned: of(output.planned) })),
    chunks: plan.chunks.map((chunk) => ({ ...chunk, tensor: of(chunk.tensor) })),
  };
}

/** A part of such a merge as one of the plan without the model that was made: its row of masks goes. */
export function withoutMade({ models }: MergePlan, part: MergePart): MergePart {
  if (!part.mask) return part;
  const row = part.mask.byteLength / (models + 2);
  const mask = new Uint8Array((models + 1) * row);
  mask.set(part.mask.subarray(0, models * row));
  mask.set(part.mask.subarray((models + 1) * row), models * row);
  return { ...part, mask };
}
