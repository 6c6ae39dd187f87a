import type { Score, ScoredModel } from '../../api/results.ts';
import { taskOf } from '../../recipe/recipe.ts';
import { withScorers } from '../evaluation/scorers.ts';
import type { RunAtWork, RunStage } from '../runAtWork.ts';

/** Scores the models of the run on the test data of their tasks, where the recipe asks for it. */
export const evaluateStage: RunStage = async (run) => {
  const started = performance.now();
  run.scores = await evaluateRun(run);
  run.evaluateSeconds += (performance.now() - started) / 1000;
};

/** A model to be scored on a task. */
interface Pair {
  task: number;
  kind: ScoredModel;
}

/** Scores of base, fine-tuned, graft (where masks are localized) and merged model on every task with test data; on general ones of base and merged. */
async function evaluateRun(run: RunAtWork): Promise<Score[]> {
  const { recipe, plan } = run;
  const kinds: ScoredModel[] = ['base', 'finetuned', 'merged'];
  if (plan.method.learnsMasks) kinds.splice(2, 0, 'graft');
  const { models, general = [] } = recipe;
  const nameOf = (task: number) => taskOf(recipe, task)?.name ?? '';
  const pairs = [...models, ...general].flatMap(({ data }, task) => {
    const asked = task < models.length ? kinds : (['base', 'merged'] as const);
    return data?.test && recipe.evaluate?.length ? asked.map((kind): Pair => ({ task, kind })) : [];
  });
  const scores = [...(run.record.scores ?? [])];
  const scoresOf = ({ task, kind }: Pair) =>
    scores.filter((score) => score.model === kind && score.task === nameOf(task));
  const waiting = pairs.filter((pair) => scoresOf(pair).length === 0);
  if (waiting.length === 0) return scores;
  const shares = new Map<Pair, number>(pairs.map((pair) => [pair, 1]));
  for (const pair of waiting) shares.set(pair, 0);
  const next = createQueue(waiting);
  await withScorers(run, waiting.length, async (scorers) => {
    const scoreAll = scorers.map(async (score) => {
      for (let pair = next(null); pair; pair = next(pair)) {
        const { task, kind } = pair;
        const tell = (share: number) => {
          shares.set(pair!, share);
          const done = [...shares.values()].reduce((a, b) => a + b, 0);
          run.step('Evaluating', done, pairs.length, `${nameOf(task)}, ${kind}`);
        };
        scores.push(...(await score(task, kind, tell)));
        tell(1);
        await run.save({ scores: [...scores] });
      }
    });
    await Promise.all(scoreAll);
  });
  return pairs.flatMap(scoresOf);
}

/** Hands out pairs: of the task of the last one, else of a task that nobody was given, else any. */
function createQueue(pairs: readonly Pair[]): (last: Pair | null) => Pair | null {
  const left = new Set(pairs);
  const given = new Set<number>();
  return (last) => {
    const all = [...left];
    const same = all.find(({ task }) => task === last?.task);
    const pair = same ?? all.find(({ task }) => !given.has(task)) ?? all[0] ?? null;
    if (!pair) return null;
    left.delete(pair);
    given.add(pair.task);
    return pair;
  };
}
