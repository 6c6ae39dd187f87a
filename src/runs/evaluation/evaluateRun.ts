import type { Tensors } from '../../gpu/tensors.ts';
import type { MergePlan } from '../../merge/plan.ts';
import type { Block } from '../../models/block.ts';
import { type Outputs, predict } from '../../models/evaluate.ts';
import { createReaderSource } from '../../models/readerSource.ts';
import type { Examples, Task } from '../../models/task.ts';
import type { MetricName, Recipe } from '../../recipe/recipe.ts';
import type { StoredCheckpoint } from '../../storage/checkpoints.ts';
import { createReader } from '../../storage/reader.ts';
import type { TensorReader } from '../../tensor/tensorIndex.ts';
import type { JobControl } from '../../jobs/jobs.ts';
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
import { bug } from '../../errors.ts';

/** A finished merge, as far as its models can be asked. */
export type ModelHost = Pick<
  EvaluationHost,
  'runId' | 'checkpoints' | 'plan' | 'control' | 'tensors'
>;

/** A finished merge whose models are measured. */
export interface EvaluationHost {
  runId: string;
  recipe: Recipe;
  /** Base first. */
  checkpoints: readonly StoredCheckpoint[];
  plan: MergePlan;
  control: JobControl;
  tensors(): Promise<Tensors>;
  prepared(model: number): Promise<PreparedTask>;
  /** Ids of the models' masks, null where a mask goes by density. */
  masks: readonly (string | null)[];
  /** Scores known from before a run was cut off. */
  known: readonly Score[];
  save(scores: readonly Score[]): Promise<void>;
  onProgress(done: number, total: number, detail: string): void;
}

const batchSize = 32;

/** Scores of base, fine-tuned, graft (where masks are localized) and merged model on every task with test data. */
export async function evaluateRun(host: EvaluationHost): Promise<Score[]> {
  const { recipe, plan } = host;
  const asked = recipe.evaluate ?? [];
  const tested = recipe.models.flatMap(({ data }, m) => (data?.test ? [m] : []));
  const kinds: ScoredModel[] = ['base', 'finetuned', 'merged'];
  if (plan.method.learnsMasks) kinds.splice(2, 0, 'graft');
  const scores = [...host.known];
  if (asked.length === 0) return scores;
  const total = tested.length * kinds.length;
  for (const [i, m] of tested.entries()) {
    const name = recipe.models[m]?.model ?? '';
    const waiting = kinds.filter(
      (kind) => !scores.some(({ model, task }) => model === kind && task === name),
    );
    if (waiting.length === 0) continue;
    const prepared = await host.prepared(m);
    if (!prepared.test) continue;
    const metrics = applicable(asked, prepared);
    const task = await completeTask(prepared, await host.tensors(), host.control.signal);
    for (const kind of waiting) {
      const done = i * kinds.length + kinds.indexOf(kind);
      const ids = await scoreIds(host, m, kind, metrics);
      const found = await knownScores(ids, kind, name);
      if (found) scores.push(...found);
      else {
        const outputs = await predictWith(host, { weights: m, kind, task: m }, task, (share) =>
          host.onProgress(done + share, total, `${name}, ${kind}`),
        );
        const n = prepared.examples;
        const made = metrics.map((metric): Score => {
          const value = prepared.measure(outputs, metric);
          return { model: kind, task: name, metric, value, n };
        });
        scores.push(...made);
        await keepScores(host, m, ids, made);
      }
      await host.save(scores);
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
  host: ModelHost,
  of: { weights: number; kind: ScoredModel; task: number },
  task: Task,
  onShare: (share: number) => void,
): Promise<Outputs> {
  const { control } = host;
  const tensors = await host.tensors();
  const model = modelReader(host, of.weights, of.kind);
  const own = readerOf(host, of.task + 1);
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
  host: Pick<ModelHost, 'plan' | 'runId' | 'checkpoints'>,
  m: number,
  kind: ScoredModel,
  open: (checkpoint: StoredCheckpoint) => TensorReader = createReader,
): TensorReader {
  const { plan, runId, checkpoints } = host;
  const byName = new Map(checkpoints[0]?.index.tensors.map((info) => [info.name, info]));
  const counterparts = new Map(
    plan.outputs.map(({ planned }) => [planned.tensor.name, planned.models[m] ?? null]),
  );
  const base = checkpointFloats(readerOf(host, 0, open), (name) => byName.get(name) ?? null, null);
  const tuned = checkpointFloats(
    readerOf(host, m + 1, open),
    (name) => counterparts.get(name) ?? null,
    base,
  );
  const readers: Record<ScoredModel, () => FloatReader> = {
    base: () => base,
    finetuned: () => tuned,
    graft: () => graftFloats(plan, runId, m, base, tuned),
    merged: () => mergedFloats(plan, runId, base),
  };
  return asF32Reader(readers[kind]());
}

function readerOf(
  { checkpoints }: Pick<ModelHost, 'checkpoints'>,
  at: number,
  open: (checkpoint: StoredCheckpoint) => TensorReader = createReader,
): TensorReader {
  const checkpoint = checkpoints[at];
  if (!checkpoint) throw bug(`There is no checkpoint ${at}.`);
  return open(checkpoint);
}
