import { type AppError, toAppError } from '../errors.ts';
import type { CrossScore, RunSummary } from '../api/results.ts';
import type { Runs } from './runs.svelte.ts';

/** Every fine-tune of a result measured on the other tasks, kept until the page closes. */
export class Across {
  /** The result being measured. */
  active = $state<string | null>(null);
  error = $state.raw<AppError | null>(null);
  #scores = $state.raw<ReadonlyMap<string, readonly CrossScore[]>>(new Map());

  constructor(readonly runs: Runs) {}

  /** What was measured for a result, null when nothing was. */
  of(run: string): readonly CrossScore[] | null {
    return this.#scores.get(run) ?? null;
  }

  async start({ id, recipe }: RunSummary): Promise<void> {
    if (this.runs.running) return;
    this.active = id;
    this.error = null;
    try {
      const scores = await this.runs.occupy(recipe, 'Measuring', (job, report) =>
        this.runs.engine.scoreAcross(job, id, report),
      );
      if (scores) this.#scores = new Map(this.#scores).set(id, scores);
    } catch (thrown) {
      this.error = toAppError(thrown);
    } finally {
      this.active = null;
    }
  }
}
