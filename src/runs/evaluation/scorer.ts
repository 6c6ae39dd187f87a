import type { Score, ScoredModel } from '../../api/results.ts';
import type { Block } from '../../models/block.ts';
import type { Outputs } from '../../models/evaluate.ts';
import type { Task } from '../../models/task.ts';
import { taskOf, type MetricName } from '../../recipe/recipe.ts';
import { askedFor, completeTask, type PreparedTask } from '../../tasks/preparedTask.ts';
import { predictWith } from './predictWith.ts';
import { keepScores, knownScores, scoreIds, type ScoredRun } from './scoreBook.ts';

/** Scores a model on a task with test data by the metrics that the recipe asks for; nothing where no test example is left. */
export type Scorer = (
  task: number,
  kind: ScoredModel,
  onShare: (share: number) => void,
) => Promise<Score[]>;

/** Scores models of a run one after another; scores from earlier runs are taken over. */
export function createScorer(run: ScoredRun): Scorer {
  const { recipe, tools, control } = run;
  let last: { number: number; task: Promise<Task> } | null = null;
  const complete = async (number: number, prepared: PreparedTask) => {
    if (last?.number !== number) {
      const tensors = await tools.tensors();
      last = { number, task: completeTask(prepared, tensors, control.signal) };
    }
    return last.task;
  };
  return async (number, kind, onShare) => {
    const prepared = await tools.prepared(number);
    if (!prepared.test) return [];
    const task = taskOf(recipe, number)?.name ?? '';
    const metrics = applicable(recipe.evaluate ?? [], prepared);
    const ids = await scoreIds(run, number, kind, metrics);
    const found = await knownScores(ids, kind, task);
    if (found) return found;
    const general = number >= recipe.models.length;
    const of = { weights: general ? 0 : number, kind, task: number };
    const whole = await complete(number, prepared);
    const lastOf = (asked: Task) => asked.blocks.at(-1);
    const passes = new Set(metrics.map((metric) => lastOf(askedFor(whole, metric)))).size;
    const known = new Map<Block | undefined, Outputs>();
    const made: Score[] = [];
    for (const metric of metrics) {
      const asked = askedFor(whole, metric);
      const outputs =
        known.get(lastOf(asked)) ??
        (await predictWith(run, of, asked, (share) => onShare((known.size + share) / passes)));
      known.set(lastOf(asked), outputs);
      const value = prepared.measure(outputs, metric);
      made.push({ model: kind, task, metric, value, n: prepared.examples });
    }
    await keepScores(run, number, ids, made);
    return made;
  };
}

/** The metrics asked for that a task has, or its natural one. */
function applicable(asked: readonly MetricName[], { metrics }: PreparedTask): MetricName[] {
  const found = asked.filter((metric) => metrics.includes(metric));
  return found.length > 0 ? found : metrics.slice(0, 1);
}
