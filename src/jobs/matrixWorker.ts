import { expose, transfer } from 'comlink';
import { bug } from '../errors.ts';
import { showLife } from '../life.ts';
import { methodOf } from '../merge/methods/registry.ts';
import type { MatrixInput, MergedMatrix } from '../merge/matrix/matrixTask.ts';
import { transferErrors } from '../api/errorTransfer.ts';

/** Merges a matrix, without tfjs. */
export type MergeMatrix = (method: string, matrix: MatrixInput) => Promise<MergedMatrix>;

const life = showLife();

const mergeMatrix: MergeMatrix = async (id, { taskVectors, ...matrix }) => {
  await life;
  const merged = await methodOf(id)?.matrix?.({
    ...matrix,
    models: taskVectors.length,
    taskVector: (model) => taskVectors[model]!,
    breathe: async () => undefined,
  });
  if (!merged) throw bug(`${id} merges no matrices.`);
  return transfer(merged, [merged.changes.buffer]);
};

transferErrors();
expose(mergeMatrix);
