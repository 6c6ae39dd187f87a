import { throwIfCancelled } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { forward, type ParameterSource } from './blockwise.ts';
import type { Examples, Task } from './task.ts';

/** Outputs of the last block for every example in order, row-major, and the width of a row. */
export interface Outputs {
  values: Float32Array;
  width: number;
}

/** Runs a task's blocks over examples in batches; `onProgress` gets the number of examples done. */
export async function predict(
  tensors: Tensors,
  { blocks }: Pick<Task, 'blocks'>,
  examples: Examples,
  source: ParameterSource,
  batchSize: number,
  signal: AbortSignal,
  onProgress: (done: number) => void = () => undefined,
): Promise<Outputs> {
  const { tf } = tensors;
  const rows: Float32Array[] = [];
  for (let start = 0; start < examples.size; start += batchSize) {
    throwIfCancelled(signal);
    const count = Math.min(batchSize, examples.size - start);
    const indices = Array.from({ length: count }, (_, i) => start + i);
    const batch = await examples.batch(tf, indices);
    try {
      const output = await forward(tf, blocks, batch, source);
      const values = await output.data<'float32'>().finally(() => output.dispose());
      for (let i = 0; i < count; i++)
        rows.push(values.slice((i * values.length) / count, ((i + 1) * values.length) / count));
    } finally {
      Object.values(batch).forEach((tensor) => tensor?.dispose());
    }
    onProgress(start + count);
  }
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(row, i * width));
  return { values, width };
}
