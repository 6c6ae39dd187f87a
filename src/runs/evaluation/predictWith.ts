import type { ScoredModel } from '../../api/results.ts';
import type { Block } from '../../models/block.ts';
import { predict, type Outputs } from '../../models/evaluate.ts';
import { createReaderSource } from '../../models/readerSource.ts';
import type { Examples, Task } from '../../models/task.ts';
import type { StoredCheckpoint } from '../../storage/checkpoints.ts';
import { createReader } from '../../storage/reader.ts';
import type { TensorReader } from '../../tensor/tensorIndex.ts';
import type { PlannedRun } from '../planRun.ts';
import {
  asF32Reader,
  checkpointFloats,
  graftFloats,
  mergedFloats,
  type FloatReader,
} from './floatReaders.ts';

/** Answers of a model (its weights, and what is done with them) to the tests of a task, read by that task's head. */
export async function predictWith(
  run: PlannedRun,
  of: { weights: number; kind: ScoredModel; task: number },
  task: Task,
  onShare: (share: number) => void,
): Promise<Outputs> {
  const { control } = run;
  const tensors = await run.tools.tensors();
  const model = modelReader(run, of.weights, of.kind);
  const own = createReader(run.checkpoints[of.task + 1] ?? run.checkpoints[0]!);
  const readers = { model, task: own };
  const source = createReaderSource(tensors, readers, await run.tools.budgetBytes());
  const { test } = task;
  if (!test) return { values: new Float32Array(), width: 0 };
  const asFloats = { blocks: task.blocks.map(withFloats) };
  try {
    const examples: Examples = {
      ...test,
      async batch(tf, indices) {
        await control.resumed();
        return test.batch(tf, indices);
      },
    };
    return await predict(tensors, asFloats, examples, source, control.signal, (done) =>
      onShare(done / test.size),
    );
  } finally {
    source.close();
  }
}

/** The block with the model's tensors told as float32, as `asF32Reader` gives them. */
export function withFloats(block: Block): Block {
  return {
    ...block,
    tensors: block.tensors.map((each) =>
      each.of === 'model' ? { ...each, info: { ...each.info, dtype: 'F32' } } : each,
    ),
  };
}

/** All weights of a model under the base's names, as float32; `m` is the fine-tune that they come from. */
export function modelReader(
  run: PlannedRun,
  m: number,
  kind: ScoredModel,
  open: (checkpoint: StoredCheckpoint) => TensorReader = createReader,
): TensorReader {
  const { plan, id, checkpoints } = run;
  const planned = plan.outputs.map((output) => output.planned);
  const byName = new Map(planned.map(({ tensor, whole = tensor }) => [tensor.name, whole]));
  const counterparts = new Map(
    planned
      .filter(({ whole, fate }) => !whole || fate === 'merged')
      .map(({ tensor, models }) => [tensor.name, models[m] ?? null]),
  );
  const base = checkpointFloats(open(checkpoints[0]!), byName);
  const tuned = checkpointFloats(open(checkpoints[m + 1]!), counterparts, base);
  const readers: Record<ScoredModel, () => FloatReader> = {
    base: () => base,
    finetuned: () => tuned,
    graft: () => graftFloats(plan, id, m, base, tuned),
    merged: () => mergedFloats(plan, id, base),
  };
  return asF32Reader(readers[kind]());
}
