import { createMethod } from '../../method.ts';
import { sum, weights } from '../../passes/combine.ts';
import { weigh } from '../../passes/weigh.ts';
import { weightOf } from '../../parameters.ts';
import { karcherWeights } from '../../sphere.ts';
import { face } from './face.ts';

const karcherMean = weigh('Karcher mean', 'products', ({ products }, parameters) =>
  karcherWeights(products, parameters.map(weightOf)),
);

const theirMean = weigh('Karcher mean(max_iter, tol)', 'products', ({ products }, parameters) =>
  karcherWeights(products, parameters.map(weightOf), {
    tolerance: parameters[0]?.tol ?? 1e-5,
    steps: parameters[0]?.max_iter ?? 10,
    total: parameters.length,
  }),
);

/** Karcher mean of the models' weights on the sphere at their mean length, tensor by tensor (Grove and Karcher 1973). */
export const karcher = createMethod(face, [weights, karcherMean, sum], {
  passes: [weights, theirMean, sum],
});
