import { throwIfCancelled } from '../../errors.ts';
import { forward } from '../../models/blockwise.ts';
import { createReaderSource } from '../../models/readerSource.ts';
import type { Examples } from '../../models/task.ts';
import { createReader } from '../../storage/reader.ts';
import { completeTask } from '../../tasks/preparedTask.ts';
import { tunedRemark, type Tried } from '../../tasks/tunedRemark.ts';
import { modelReader, withFloats } from '../evaluation/predictWith.ts';
import type { PlannedRun } from '../planRun.ts';

/** Most examples that are tried, and tokens of them all, but four in any case. */
const [mostExamples, mostTokens, leastExamples] = [32, 4096, 4];
/** Tokens of a batch: where blocks stream, each batch reads them anew. */
const batchTokens = 2048;

/**
 * Has the base and the fine-tuned model `m` of a run tell a few of its training examples before a search begins: remarks
 * where the fine-tuned one does badly, see `tunedRemark`.
 */
export async function tryTuned(run: PlannedRun, m: number): Promise<string[]> {
  const prepared = await run.tools.prepared(m);
  const { train, labels } = prepared;
  const data = run.recipe.models[m]?.data;
  if (!train || !data) return [];
  const most = Math.min(mostExamples, Math.floor(mostTokens / prepared.tokens));
  const rows = inTurn(train, Math.max(leastExamples, most));
  const batchSize = Math.max(1, Math.floor(batchTokens / prepared.tokens));
  const tensors = await run.tools.tensors();
  const { tf } = tensors;
  const task = await completeTask(prepared, tensors, run.control.signal);
  const blocks = task.blocks.map(withFloats);
  const own = createReader(run.checkpoints[m + 1]!);
  const budgetBytes = (await run.tools.budgetBytes()) / 2;

  async function tried(kind: 'base' | 'finetuned'): Promise<Tried> {
    const readers = { model: modelReader(run, m, kind), task: own };
    const source = createReaderSource(tensors, readers, budgetBytes);
    const values: number[] = [];
    let loss = 0;
    try {
      for (let at = 0; at < rows.length; at += batchSize) {
        throwIfCancelled(run.control.signal);
        await run.control.resumed();
        const some = rows.slice(at, at + batchSize);
        const batch = await train!.batch(tf, some);
        try {
          const output = await forward(tf, blocks, batch, source);
          const mean = tf.tidy(() => task.loss(tf, output, batch));
          const [told = NaN] = await mean.data();
          if (labels.length > 0) values.push(...(await output.data()));
          loss += (told * some.length) / rows.length;
          tf.dispose([output, mean]);
        } finally {
          Object.values(batch).forEach((tensor) => tensor?.dispose());
        }
      }
    } finally {
      source.close();
    }
    return { loss, outputs: { values: Float32Array.from(values), width: labels.length } };
  }

  const base = await tried('base');
  const remark = tunedRemark(
    {
      ...{ data, labels, example: prepared.about.example },
      classes: labels.length > 0 ? rows.map((row) => train.labels[row]!) : [],
    },
    base,
    await tried('finetuned'),
  );
  return remark === null ? [] : [remark];
}

/** So many examples, of every class in turn. */
function inTurn({ size, labels }: Examples, most: number): number[] {
  const met = new Map<number, number>();
  const turns = Array.from({ length: size }, (_, i) => {
    const turn = met.get(labels[i] ?? 0) ?? 0;
    met.set(labels[i] ?? 0, turn + 1);
    return turn;
  });
  const order = turns.map((_, i) => i).sort((a, b) => turns[a]! - turns[b]! || a - b);
  return order.slice(0, most);
}
