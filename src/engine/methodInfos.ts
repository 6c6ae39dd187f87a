import { hasMasks, type Method } from '../merge/method.ts';
import { methods } from '../merge/methods/registry.ts';
import type { MethodInfo } from '../api/methods.ts';

/** What the page is told of every merge method. */
export function methodInfos(): MethodInfo[] {
  return Object.entries<Method>(methods).map(([id, method]) => {
    const { label, summary, formula, paper, parameters, defaultScope, models, learnsMasks } =
      method;
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
      masks: hasMasks(method),
      pinsPatches: method.mask === 'density',
      mergekit: method.mergekit
        ? { base: method.mergekit.base, parameters: method.mergekit.parameters }
        : null,
      needs: method.learner?.needs ?? null,
    };
  });
}
