import { bug } from '../errors.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import type { MergePlan } from '../merge/plan.ts';

/** Tensors in scope with their counterparts in these models. */
export function scopeOf({ outputs }: MergePlan, models: readonly number[]): ScopeTensor[] {
  return outputs
    .filter(({ planned }) => planned.fate === 'merged')
    .map(({ planned }) => ({
      base: planned.tensor,
      tuned: models.map((m) => {
        const info = planned.models[m];
        if (!info) throw bug(`${planned.tensor.name} has no model ${m}.`);
        return info;
      }),
    }));
}
