import type { MergePlan } from '../../merge/plan.ts';
import { taskOf, type MetricName } from '../../recipe/recipe.ts';
import { jsonHash } from '../../storage/jsonHash.ts';
import { revisionOf } from '../../tasks/revisionOf.ts';
import { getScore, putScores } from '../../storage/scores.ts';
import type { Score, ScoredModel } from '../../api/results.ts';
import type { PlannedRun } from '../planRun.ts';

/** A run whose models are scored. */
export interface ScoredRun extends PlannedRun {
  /** Ids of the masks found for its models; null where none was. */
  maskIds: readonly (string | null)[];
}

type ScoreIds = ReadonlyMap<MetricName, string>;

/**
 * Where the scores of a model on a task of the recipe, by its number, are kept, by metric. Null for what belongs to one merge: the merged model, and
 * grafts whose masks go by density.
 */
export async function scoreIds(
  { recipe, checkpoints, findData, plan, maskIds }: ScoredRun,
  m: number,
  kind: ScoredModel,
  metrics: readonly MetricName[],
): Promise<ScoreIds | null> {
  const mask = maskIds[m] ?? null;
  if (kind === 'merged' || (kind === 'graft' && mask === null)) return null;
  const { data = {} } = taskOf(recipe, m) ?? {};
  const idOf = async (name: string | undefined) =>
    name === undefined ? null : (await findData(name)).id;
  const facts = {
    revision: revisionOf(data),
    kind,
    data,
    train: await idOf(data.train),
    test: await idOf(data.test),
    ...(data.head !== undefined && { head: await idOf(data.head) }),
    ...(data.demonstrations && { demonstrations: await idOf(data.demonstrations.from) }),
    base: checkpoints[0]?.id,
    tuned: checkpoints[m + 1]?.id,
    weights: weightFacts(plan, m, kind),
    mask: kind === 'graft' ? mask : null,
  };
  const ids = metrics.map(
    async (metric) => [metric, await jsonHash({ ...facts, metric })] as const,
  );
  return new Map(await Promise.all(ids));
}

/** The scores of all these ids, or null when one is missing. */
export async function knownScores(
  ids: ScoreIds | null,
  model: ScoredModel,
  task: string,
): Promise<Score[] | null> {
  if (!ids) return null;
  const scores: Score[] = [];
  for (const [metric, id] of ids) {
    const stored = await getScore(id);
    if (!stored) return null;
    scores.push({ model, task, metric, value: stored.value, n: stored.n });
  }
  return scores;
}

/** Keeps the scores of task `m` for later runs. */
export async function keepScores(
  { checkpoints }: ScoredRun,
  m: number,
  ids: ScoreIds | null,
  scores: readonly Score[],
): Promise<void> {
  const [base, tuned] = [checkpoints[0]?.id ?? '', checkpoints[m + 1]?.id ?? ''];
  const stored = scores.flatMap(({ metric, value, n }) => {
    const id = ids?.get(metric);
    return id === undefined ? [] : [{ id, base, tuned, value, n }];
  });
  if (stored.length > 0) await putScores(stored);
}

/** Which tensors a model takes from its checkpoint: counterparts by name, and for a graft those in scope. */
function weightFacts({ outputs }: MergePlan, m: number, kind: ScoredModel): object | null {
  if (kind === 'base') return null;
  return outputs.map(({ planned }) => [
    planned.tensor.name,
    planned.models[m]?.name ?? null,
    kind === 'graft' && planned.fate === 'merged',
  ]);
}
