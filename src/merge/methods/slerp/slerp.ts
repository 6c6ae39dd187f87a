import { createMethod } from '../../method.ts';
import { sum, weights } from '../../passes/combine.ts';
import { weigh } from '../../passes/weigh.ts';
import { slerpWeights } from '../../sphere.ts';
import { face } from './face.ts';

/** mergekit goes straight where the cosine is above 0.9995, and takes a vector of zeros for orthogonal. */
const asMergekit = { leastSine: Math.sqrt(1 - 0.9995 ** 2), zerosCosine: 0 };

/** Great circle between the weights of two models, tensor by tensor (Shoemake 1985). */
export const slerp = createMethod(face, [weights, arc(), sum], {
  passes: [weights, arc(asMergekit), sum],
});

/** The point at t between two models. */
function arc(limits = {}) {
  return weigh('slerp(t)', 'products', ({ products }, [first]) =>
    slerpWeights(products, first?.t ?? 0.5, limits),
  );
}
