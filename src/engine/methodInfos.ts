import { hasMasks, type Method } from '../merge/method.ts';
import { methods } from '../merge/methods/registry.ts';
import type { MethodInfo } from '../api/engine.ts';

/** What the page is told of every merge method. */
export function methodInfos(): MethodInfo[] {
  return Object.entries<Method>(methods).map(([id, method]) => {
    const { label, summary, formula, paper, parameters, defaultScope, learnsMasks } = method;
    const masks = hasMasks(method);
    const pinsPatches = method.mask === 'density';
    const mergekit = method.mergekit?.parameters ?? null;
    const { models } = method;
    return {
      ...{
        id,
        label,
        summary,
        formula,
        paper,
        parameters,
        defaultScope,
        masks,
        learnsMasks,
        pinsPatches,
      },
      ...(models && { models }),
      mergekit,
      needs: method.learner?.needs ?? null,
    };
  });
}
