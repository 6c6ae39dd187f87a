import { hasMasks, type MergekitMethod, type Method } from '../merge/method.ts';
import { methodGroups } from '../merge/methods/registry.ts';
import type { MergekitInfo, MethodGroup, MethodInfo } from '../api/methods.ts';

const groups = ['start', 'sparse', 'spectral', 'between', 'data'] as const satisfies MethodGroup[];

/** What the page is told of every merge method, group by group. */
export function methodInfos(): MethodInfo[] {
  return groups.flatMap((group) =>
    Object.entries<Method>(methodGroups[group]).map(([id, method]) => infoOf(id, group, method)),
  );
}

function infoOf(id: string, group: MethodGroup, method: Method): MethodInfo {
  const { label, summary, formula, paper, parameters, defaultScope, models, learnsMasks } = method;
  const { passes } = method;
  return {
    id,
    group,
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
}

function mergekitInfo({ base, parameters, passes, withoutBase }: MergekitMethod): MergekitInfo {
  return { base, parameters, passes, ...(withoutBase && { withoutBase: withoutBase.passes }) };
}
