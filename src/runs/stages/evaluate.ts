import type { Score, ScoredModel } from '../../api/results.ts';
import type { MetricName } from '../../recipe/recipe.ts';
import { completeTask, type PreparedTask } from '../../tasks/preparedTask.ts';
import { predictWith } from '../evaluation/predictWith.ts';
import { keepScores, knownScores, scoreIds } from '../evaluation/scoreBook.ts';
import type { RunAtWork, RunStage } from '../runAtWork.ts';

/** Scores the models of the run on the test data of their tasks, where the recipe asks for it. */
export const evaluateStage: RunStage = async (run) => {
  const started = performance.now();
  run.scores = await evaluateRun(run);
  run.evaluateSeconds += (performance.now() - started) / 1000;
};

/** Scores of base, fine-tuned, graft (where masks are localized) and merged model on every task with test data. */
async function evaluateRun(run: RunAtWork): Promise<Score[]> {
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
