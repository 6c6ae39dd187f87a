import { hasMasks, type MergekitMethod, type Method } from '../merge/method.ts';
import { methods } from '../merge/methods/registry.ts';
import type { MergekitInfo, MethodInfo } from '../api/methods.ts';

/** What the page is told of every merge method. */
export function methodInfos(): MethodInfo[] {
  return Object.entries<Method>(methods).map(([id, method]) => {
    const { label, summary, formula, paper, parameters, defaultScope, models, learnsMasks } =
      method;
    const { passes } = method;
    return {
      id,
      label,
      summary,
      formula,
      paper,
      parameters,
      defaultScope,
      ...(models && { models }),
      learnsMasks,
      passes,
      masks: hasMasks(method),
      pinsPatches: method.mask === 'density',
      mergekit: method.mergekit ? mergekitInfo(method.mergekit) : null,
      needs: method.learner?.needs ?? null,
    };
  });
}

function mergekitInfo({ base, parameters, passes, withoutBase }: MergekitMethod): MergekitInfo {
  return { base, parameters, passes, ...(withoutBase && { withoutBase: withoutBase.passes }) };
}
