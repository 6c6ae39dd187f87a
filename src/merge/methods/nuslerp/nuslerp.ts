import { createMethod } from '../../method.ts';
import { sum, taskVectors, weights } from '../../passes/combine.ts';
import { weigh } from '../../passes/weigh.ts';
import { weightOf } from '../../parameters.ts';
import { slerpWeights } from '../../sphere.ts';
import type { Parameters } from '../../../recipe/parameters.ts';
import { face } from './face.ts';

const asMergekit = { leastSine: 1e-8, zerosCosine: 0 };

/** Great circle between the task vectors of two models, tensor by tensor (Shoemake 1985; mergekit's NuSLERP). */
export const nuslerp = createMethod(face, [taskVectors, arc(), sum], {
  passes: [taskVectors, arc(asMergekit), sum],
  withoutBase: [weights, arc(asMergekit), sum],
});

/** The point between two models that their weights say. */
function arc(limits = {}) {
  return weigh('slerp(weight)', 'products', ({ products }, parameters) =>
    slerpWeights(products, placeOf(parameters), limits),
  );
}

/** How far from the first to the second, by their weights. */
function placeOf(parameters: readonly Parameters[]): number {
  const [a = 1, b = 1] = parameters.map(weightOf);
  return Math.abs(a + b) < 1e-6 ? 0.5 : b / (a + b);
}
