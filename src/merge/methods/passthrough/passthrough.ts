import { createMethod } from '../../method.ts';
import { sum, weights } from '../../passes/combine.ts';
import { factor } from '../../passes/weigh.ts';
import { face } from './face.ts';

/** One model's weights, scaled: mergekit's passthrough. */
export const passthrough = createMethod(face, [
  weights,
  factor('scale(s)', ({ scale: s = 1 }) => s),
  sum,
]);
