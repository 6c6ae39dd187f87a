import { type AppError, toAppError } from '../errors.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Progress } from '../api/progress.ts';
import { unlessCancelled } from './cancelled.ts';

/** Whether all lessons on the demos work without a network; `open` with the bytes that are still to be kept. */
export type OfflineStatus =
  | { at: 'unknown' }
  | { at: 'open'; bytes: number; error: AppError | null }
  | { at: 'storing'; job: string; progress: Progress | null }
  | { at: 'stored' };

/** Keeps what the lessons need, so that they can be given without a network. */
export class OfflineLessons {
  status = $state.raw<OfflineStatus>({ at: 'unknown' });

  constructor(readonly engine: EngineApi) {}

  /** Looks how much is kept by now; a work under way goes on. */
  async look(): Promise<void> {
    if (this.status.at === 'storing') return;
    await this.#tell(null);
  }

  async store(): Promise<void> {
    if (this.status.at === 'storing') return;
    const job = crypto.randomUUID();
    this.status = { at: 'storing', job, progress: null };
    try {
      const storing = this.engine.keepDemos(job, demoFolder(), (progress) => {
        if (this.status.at === 'storing') this.status = { at: 'storing', job, progress };
      });
      await unlessCancelled(storing);
      await this.#tell(null);
    } catch (thrown) {
      await this.#tell(toAppError(thrown));
    }
  }

  async cancel(): Promise<void> {
    if (this.status.at === 'storing') await this.engine.cancel(this.status.job);
  }

  async #tell(error: AppError | null): Promise<void> {
    try {
      const { missing } = await this.engine.demoBytes(demoFolder());
      this.status = missing > 0 ? { at: 'open', bytes: missing, error } : { at: 'stored' };
    } catch {
      // The list of files does not arrive, and nothing can be said of them.
      this.status = { at: 'unknown' };
    }
  }
}

const demoFolder = () => new URL('demo/', document.baseURI).href;
