import type { Block } from '../../models/block.ts';
import { type Outputs, predict } from '../../models/evaluate.ts';
import { createReaderSource } from '../../models/readerSource.ts';
import type { Examples, Task } from '../../models/task.ts';
import type { MetricName } from '../../recipe/recipe.ts';
import type { StoredCheckpoint } from '../../storage/checkpoints.ts';
import { createReader } from '../../storage/reader.ts';
import type { TensorReader } from '../../tensor/tensorIndex.ts';
import { memoryBudget } from '../../jobs/memoryBudget.ts';
import { completeTask, type PreparedTask } from '../../tasks/preparedTask.ts';
import type { Score, ScoredModel } from '../../api/results.ts';
import {
  asF32Reader,
  checkpointFloats,
  graftFloats,
  mergedFloats,
  type FloatReader,
} from './floatReaders.ts';
import { keepScores, knownScores, scoreIds } from './scoreBook.ts';
import type { PlannedRun } from '../planRun.ts';
import type { RunAtWork } from '../runAtWork.ts';

const batchSize = 32;

/** Scores of base, fine-tuned, graft (where masks are localized) and merged model on every task with test data. */
export async function evaluateRun(run: RunAtWork): Promise<Score[]> {
  const { recipe, plan, tools, control } = run;
  const asked = recipe.evaluate ?? [];
  const tested = recipe.models.flatMap(({ data }, m) => (data?.test ? [m] : []));
  const kinds: ScoredModel[] = ['base', 'finetuned', 'merged'];
  if (plan.method.learnsMasks) kinds.splice(2, 0, 'graft');
  const scores = [...(run.record.scores ?? [])];
  if (asked.length === 0) return scores;
  const total = tested.length * kinds.length;
  for (const [i, m] of tested.entries()) {
    const name = recipe.models[m]?.model ?? '';
    const waiting = kinds.filter(
      (kind) => !scores.some(({ model, task }) => model === kind && task === name),
    );
    if (waiting.length === 0) continue;
    const prepared = await tools.prepared(m);
    if (!prepared.test) continue;
    const metrics = applicable(asked, prepared);
    const task = await completeTask(prepared, await tools.tensors(), control.signal);
    for (const kind of waiting) {
      const done = i * kinds.length + kinds.indexOf(kind);
      const ids = await scoreIds(run, m, kind, metrics);
      const found = await knownScores(ids, kind, name);
      if (found) scores.push(...found);
      else {
        const outputs = await predictWith(run, { weights: m, kind, task: m }, task, (share) =>
          run.step('Evaluating', done + share, total, `${name}, ${kind}`),
        );
        const n = prepared.examples;
        const made = metrics.map((metric): Score => {
          const value = prepared.measure(outputs, metric);
          return { model: kind, task: name, metric, value, n };
        });
        scores.push(...made);
        await keepScores(run, m, ids, made);
      }
      await run.save({ scores: [...scores] });
    }
  }
  return scores;
}

/** The metrics asked for that a task has, or its natural one. */
function applicable(asked: readonly MetricName[], { metrics }: PreparedTask): MetricName[] {
  const found = asked.filter((metric) => metrics.includes(metric));
  return found.length > 0 ? found : metrics.slice(0, 1);
}

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
  const own = createReader(run.checkpoints[of.task + 1]!);
  const source = createReaderSource(
    tensors,
    (tensor) => (tensor.of === 'model' ? model : own),
    await memoryBudget(tensors),
  );
  const { test } = task;
  if (!test) return { values: new Float32Array(), width: 0 };
  const asFloats = { ...task, blocks: task.blocks.map(withFloats) };
  try {
    const examples: Examples = {
      ...test,
      async batch(tf, indices) {
        await control.resumed();
        return test.batch(tf, indices);
      },
    };
    return await predict(tensors, asFloats, examples, source, batchSize, control.signal, (done) =>
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
  const byName = new Map(checkpoints[0]!.index.tensors.map((info) => [info.name, info]));
  const counterparts = new Map(
    plan.outputs.map(({ planned }) => [planned.tensor.name, planned.models[m] ?? null]),
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
