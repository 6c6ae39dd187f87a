import { throwIfCancelled } from '../errors.ts';
import { adamParams, adamStep, type AdamOptions } from '../gpu/kernels/adamStep.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { lossAndGradients, segmentsOf, type ParameterSource } from '../models/blockwise.ts';
import { readF32 } from '../models/readF32.ts';
import { createReaderSource } from '../models/readerSource.ts';
import type { Task } from '../models/task.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import { ScopeArrays, memoryScratch } from '../scope/scopeArrays.ts';
import { keptArray } from '../scope/arraySpecs.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import { createScopeSource } from '../scope/scopeSource.ts';
import { epochBatches } from '../data/batches.ts';

export interface FineTuneInput {
  tasks: readonly Task[];
  /** Of the tensors of each task's own head. */
  tuned: readonly TensorReader[];
  scope: readonly ScopeTensor[];
  /** Weights to start from; what is out of scope stays as here. */
  from: TensorReader;
  epochs: number;
  batchSize: number;
  seed: number;
  adam: AdamOptions;
}

/**
 * Plain fine-tuning of the scope on the examples of one task, or of several shuffled together: the control of everything
 * that localizes. Returns the losses and, per task, its parameters to evaluate with; `close` frees them.
 */
export async function fineTune(
  tensors: Tensors,
  { tasks, tuned, scope, from, epochs, batchSize, seed, adam }: FineTuneInput,
  signal: AbortSignal,
): Promise<{ losses: number[]; sources: ParameterSource[]; close(): Promise<void> }> {
  const { compute, tf } = tensors;
  const theta = { ...keptArray, load: (tensor: ScopeTensor) => readF32(from, tensor.base) };
  const specs = { theta, m: keptArray, v: keptArray };
  const arrays = new ScopeArrays(compute, scope, specs, memoryScratch(), Infinity);
  const losses: number[] = [];
  const rests = tuned.map((reader) =>
    createReaderSource(tensors, ({ of }) => (of === 'model' ? from : reader), Infinity),
  );
  const masked = rests.map((rest) =>
    createScopeSource(
      tensors,
      {
        arrays,
        names: ['theta'],
        taken: ['m', 'v'],
        changed: ['theta', 'm', 'v'],
        write: async () => undefined,
        take: (gradient, { theta, m, v }, elements) =>
          compute.dispatch({
            kernel: adamStep,
            buffers: [gradient, theta, m, v],
            params: adamParams(elements, adam, losses.length + 1),
            threads: elements,
          }),
      },
      rest,
    ),
  );
  const sizes = tasks.map(({ train }) => train?.size ?? 0);
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const { task, rows } of epochBatches(sizes, batchSize, epoch, seed)) {
      throwIfCancelled(signal);
      const { blocks, loss, train } = tasks[task]!;
      const { source, consume } = masked[task]!;
      const batch = await train!.batch(tf, rows);
      const segments = segmentsOf(blocks, true);
      const result = await lossAndGradients(tf, segments, loss, batch, source, consume);
      Object.values(batch).forEach((tensor) => tensor?.dispose());
      losses.push(result.loss);
    }
  return {
    losses,
    sources: masked.map(({ source }) => source),
    async close() {
      await arrays.dispose();
      rests.forEach((rest) => rest.close());
    },
  };
}
