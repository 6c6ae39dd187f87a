import { createMethod } from '../../method.ts';
import { sum, taskVectors, weights } from '../../passes/combine.ts';
import { weigh } from '../../passes/weigh.ts';
import { weightOf } from '../../parameters.ts';
import { directionWeights } from '../../sphere.ts';
import { face } from './face.ts';

const direction = weigh('mean direction', 'products', ({ products }, parameters) =>
  directionWeights(products, parameters.map(weightOf)),
);

const theirDirection = weigh('mean direction', 'products', ({ products }, parameters) => {
  const weights = parameters.map(weightOf);
  const total = weights.reduce((a, b) => a + b, 0);
  const counts = parameters[0]?.normalize_weights === 0 ? 1 : total;
  return directionWeights(products, weights, counts);
});

/** Mean direction of task vectors at their mean length, tensor by tensor (Goddard 2025, "Multi-SLERP"). */
export const multislerp = createMethod(face, [taskVectors, direction, sum], {
  passes: [taskVectors, theirDirection, sum],
  withoutBase: [weights, theirDirection, sum],
});
