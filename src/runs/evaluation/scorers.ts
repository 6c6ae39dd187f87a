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
 * Lends scorers of a run's models for so many scores: this thread's where a GPU does the work, else one on each core, among
 * which the memory budget is divided.
 */
export async function withScorers<T>(
  run: RunAtWork,
  scores: number,
  work: (scorers: readonly Scorer[]) => Promise<T>,
): Promise<T> {
  const { device, software } = await requestCompute();
  const size = Math.min(mostThreads, navigator.hardwareConcurrency, scores);
  const maskIds = run.found.stored.map((mask) => mask?.id ?? null);
  const inWorker = 'WorkerGlobalScope' in globalThis;
  if ((device && !software) || size < 2 || !inWorker)
    return work([createScorer({ ...run, maskIds })]);
  await run.tools.close();
  const { id, recipe, checkpoints, control } = run;
  const data = await Promise.all(dataNames(recipe).map(run.findData));
  const threads = openThreads<ScorerThread>(
    size,
    () => new Worker(self.location.href, { type: 'module', name: threadName }),
    control.signal,
    'scores',
  );
  const { chunkElements } = run.record;
  const input = { id, recipe, checkpoints, data, chunkElements, maskIds };
  const resumed = proxy(() => control.resumed());
  try {
    const opening = threads.remotes.map(({ open }) => open(input, size, resumed));
    await threads.race(Promise.all(opening));
    return await work(
      threads.remotes.map(
        ({ score }): Scorer =>
          (task, kind, onShare) =>
            threads.race(score(task, kind, proxy(onShare))),
      ),
    );
  } finally {
    threads.close();
  }
}
