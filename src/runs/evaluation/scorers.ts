import { proxy } from 'comlink';
import { requestCompute } from '../../jobs/requestCompute.ts';
import { openThreads } from '../../jobs/threads.ts';
import { dataNames } from '../dataNames.ts';
import type { RunAtWork } from '../runAtWork.ts';
import { createScorer, type Scorer } from './scorer.ts';
import type { ScorerThread } from './scorerThread.ts';

/** The engine's worker becomes a scorer by this name: tfjs is bundled once. */
export const threadName = 'scorer';

/** Each takes some 60 MB beside its weights. */
const mostThreads = 4;

/**
 * Lends scorers of a run's models for so many scores: this thread's, and where no GPU does the work one on each further core,
 * among which the memory budget is divided.
 */
export async function withScorers<T>(
  run: RunAtWork,
  scores: number,
  work: (scorers: readonly Scorer[]) => Promise<T>,
): Promise<T> {
  const { device, software } = await requestCompute();
  const inWorker = 'WorkerGlobalScope' in globalThis;
  const cores = (device && !software) || !inWorker ? 1 : navigator.hardwareConcurrency;
  const size = Math.min(mostThreads, cores, scores);
  const { id, recipe, checkpoints, control, tools } = run;
  const maskIds = run.found.stored.map((mask) => mask?.id ?? null);
  const budgetBytes = async () => (await tools.budgetBytes()) / size;
  const own = createScorer({ ...run, maskIds, tools: { ...tools, budgetBytes } });
  if (size < 2) return work([own]);
  const data = await Promise.all(dataNames(recipe).map(run.findData));
  const threads = openThreads<ScorerThread>(
    size - 1,
    () => new Worker(self.location.href, { type: 'module', name: threadName }),
    control.signal,
    'scores',
  );
  const { chunkElements } = run.record;
  const input = { id, recipe, checkpoints, data, chunkElements, maskIds };
  control.onPause = () => threads.remotes.forEach(({ pause }) => void pause(control.paused));
  try {
    await threads.race(Promise.all(threads.remotes.map(({ open }) => open(input, size))));
    const others = threads.remotes.map(
      ({ score }): Scorer =>
        (task, kind, onShare) =>
          threads.race(score(task, kind, proxy(onShare))),
    );
    return await work([own, ...others]);
  } finally {
    control.onPause = null;
    threads.close();
  }
}
