import { createMethod } from '../../method.ts';
import { scale, sum, taskVectors } from '../../passes/combine.ts';
import { matrix } from '../../passes/matrix.ts';
import { leastInterference, productBytes } from '../../matrix/interference.ts';
import { face } from './face.ts';

/** Sum of task vectors, moved by Adam until it disturbs each least (arXiv:2503.08099), matrix by matrix. */
export const wudi = createMethod(face, [
  taskVectors,
  matrix(
    'least interference(iterations)',
    async (task) => {
      const { iterations = 0, learning_rate = 0 } = task.parameters;
      return { changes: await leastInterference(task, iterations, learning_rate), fellBack: false };
    },
    { matrixBytes: ([, columns = 0]) => productBytes(columns), usesTensors: true },
  ),
  sum,
  scale,
]);
