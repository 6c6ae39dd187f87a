import { type AppError, toAppError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Progress, RunResult, RunSummary, WorkerApi } from '../worker/types.ts';
import type { Notices } from './notices.svelte.ts';
import { withWakeLock } from './wakeLock.ts';

/** What this tab is merging. */
export type Activity =
  | { at: 'idle' }
  | { at: 'running'; job: string; recipe: Recipe; progress: Progress | null; stopping: boolean }
  | { at: 'failed'; recipe: Recipe; error: AppError };

/** The runs stored in this browser, the one at work and the results that were opened. */
export class Runs {
  list = $state.raw<RunSummary[]>([]);
  activity = $state.raw<Activity>({ at: 'idle' });
  results = $state.raw<ReadonlyMap<string, RunResult>>(new Map());

  readonly running = $derived(this.activity.at === 'running');
  readonly done = $derived(this.list.filter(({ state }) => state === 'done'));
  readonly unfinished = $derived(
    this.running ? [] : this.list.filter((run) => run.state !== 'done'),
  );

  constructor(
    readonly engine: WorkerApi,
    readonly notices: Notices,
  ) {}

  async refresh(): Promise<void> {
    const runs = await this.engine.runs();
    this.list = runs.toSorted((a, b) => b.startedAt - a.startedAt);
  }

  /** Runs, or resumes, a recipe; its result, or null when it stopped. */
  async start(recipe: Recipe): Promise<RunResult | null> {
    if (this.running) return null;
    const job = crypto.randomUUID();
    this.activity = { at: 'running', job, recipe, progress: null, stopping: false };
    try {
      const result = await withWakeLock(() =>
        this.engine.run(job, recipe, (progress) => {
          if (this.activity.at === 'running') this.activity = { ...this.activity, progress };
        }),
      );
      this.results = new Map(this.results).set(result.id, result);
      this.activity = { at: 'idle' };
      return result;
    } catch (thrown) {
      const error = toAppError(thrown);
      this.activity = error.kind === 'Cancelled' ? { at: 'idle' } : { at: 'failed', recipe, error };
      return null;
    } finally {
      await this.notices.attempt(() => this.refresh());
    }
  }

  /** Holds the localizing at work, or lets it go on; the worker says when it does. */
  async pause(paused: boolean): Promise<void> {
    const { activity } = this;
    if (activity.at !== 'running') return;
    await this.notices.attempt(() => this.engine.pause(activity.job, paused));
    if (this.activity.at !== 'running' || !this.activity.progress?.live) return;
    const { progress } = this.activity;
    const live = { ...this.activity.progress.live, paused };
    this.activity = { ...this.activity, progress: { ...progress, live } };
  }

  async cancel(): Promise<void> {
    if (this.activity.at !== 'running') return;
    this.activity = { ...this.activity, stopping: true };
    await this.engine.cancel(this.activity.job);
  }

  /** Loads the result of a run that is done. */
  async open(id: string): Promise<void> {
    if (this.results.has(id)) return;
    const result = await this.notices.attempt(() => this.engine.result(id));
    if (result) this.results = new Map(this.results).set(id, result);
  }

  async remove(id: string): Promise<void> {
    await this.notices.attempt(async () => {
      await this.engine.removeRun(id);
      const results = new Map(this.results);
      results.delete(id);
      this.results = results;
      if (this.activity.at === 'failed') this.activity = { at: 'idle' };
      await this.refresh();
    });
  }
}
