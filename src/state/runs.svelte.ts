import { AppError, toAppError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { formatList } from '../ui/format.ts';
import type { RunResult, RunSummary } from '../api/results.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Progress } from '../api/progress.ts';
import { endedBy, unlessCancelled } from './cancelled.ts';
import { EndNotice } from './endNotice.svelte.ts';
import type { Deletions } from './deletions.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { withWakeLock } from './wakeLock.ts';

/** What this tab is merging. */
export type Activity =
  | { at: 'idle' }
  | {
      at: 'running';
      job: string;
      recipe: Recipe;
      progress: Progress | null;
      stopping: boolean;
      /** What the run is part of, where it is not for its own sake. */
      purpose: string | null;
    }
  | { at: 'failed'; recipe: Recipe; error: AppError };

/** Runs a recipe to the end. */
export type RunRecipe = (recipe: Recipe) => Promise<RunResult>;

/** Why something was not measured. */
export interface Failure {
  why: string;
}

export const untested: Failure = { why: 'There were no test data to measure on.' };

type Work<T> = (job: string, report: (progress: Progress) => void) => Promise<T>;

/** The runs stored in this browser, the one at work and the results that were opened. */
export class Runs {
  list = $state.raw<RunSummary[]>([]);
  activity = $state.raw<Activity>({ at: 'idle' });
  results = $state.raw<ReadonlyMap<string, RunResult>>(new Map());
  readonly endNotice = new EndNotice();
  /** Recipes, as text, that are run to be measured alone, and the runs that were stored before. */
  #passing = new Map<string, ReadonlySet<string>>();

  /** The work under way; null while there is none. */
  readonly working = $derived(this.activity.at === 'running' ? this.activity : null);
  readonly running = $derived(this.working !== null);
  readonly done = $derived(this.list.filter(({ state }) => state === 'done'));
  readonly unfinished = $derived(
    this.running ? [] : this.list.filter((run) => run.state !== 'done'),
  );

  constructor(
    readonly engine: EngineApi,
    readonly notices: Notices,
    readonly deletions: Pick<Deletions, 'hides' | 'settle' | 'add'> = {
      hides: () => false,
      settle: async () => undefined,
      add: async () => undefined,
    },
  ) {}

  async refresh(): Promise<void> {
    const runs = await this.engine.runs();
    const lasting = runs.filter(
      (run) => !this.#isPassing(run) && !this.deletions.hides('run', run.id),
    );
    const stored = new Set(runs.map(({ id }) => id));
    const known = [...this.results].filter(([id]) => stored.has(id));
    if (known.length < this.results.size) this.results = new Map(known);
    this.list = lasting.toSorted((a, b) => b.startedAt - a.startedAt);
  }

  /** Runs, or resumes, a recipe; its result, or null when it stopped. */
  async start(recipe: Recipe): Promise<RunResult | null> {
    if (this.running) return null;
    try {
      const result = await withWakeLock(() => this.#run(recipe, null));
      this.results = new Map(this.results).set(result.id, result);
      this.activity = { at: 'idle' };
      void this.endNotice.tell('The merge is done', formatList(result.models));
      return result;
    } catch (thrown) {
      const ended = endedBy(thrown);
      this.activity = ended.at === 'idle' ? ended : { ...ended, recipe };
      if (ended.at === 'failed') void this.endNotice.tell('The merge stopped', ended.error.message);
      return null;
    } finally {
      await this.notices.attempt(() => this.refresh());
    }
  }

  /**
   * Measures items one after another, each by the runs it asks for, until they are done or cancelled; of one that fails
   * the reason is kept, and the rest goes on. None of these runs is kept that was not stored before, nothing else starts in between,
   * and nothing happens where something is at work already.
   */
  async measureEach<T, Outcome>(
    items: readonly T[],
    first: Recipe,
    purpose: string,
    measure: (item: T, run: RunRecipe, at: number) => Promise<Outcome | Failure>,
    keep: (item: T, outcome: Outcome | Failure) => void,
  ): Promise<void> {
    if (this.running) return;
    const before = this.activity;
    this.#begin('', first, purpose);
    const run: RunRecipe = (recipe) => this.#passingRun(recipe, purpose);
    try {
      await withWakeLock(async () => {
        for (const [at, item] of items.entries()) {
          try {
            keep(item, await measure(item, run, at));
          } catch (thrown) {
            const { kind, message } = toAppError(thrown);
            if (kind === 'Cancelled') return;
            keep(item, { why: message });
          }
        }
        void this.endNotice.tell(`${purpose}: done`, '');
      });
    } finally {
      this.#passing.clear();
      this.activity = before;
      await this.notices.attempt(() => this.refresh());
    }
  }

  async #passingRun(recipe: Recipe, purpose: string): Promise<RunResult> {
    const text = JSON.stringify(recipe);
    await this.deletions.settle();
    this.#passing.set(text, new Set((await this.engine.runs()).map(({ id }) => id)));
    if (this.activity.at === 'running' && this.activity.stopping)
      throw new AppError('Cancelled', 'Cancelled.');
    try {
      return await this.#run(recipe, purpose);
    } finally {
      await this.notices.attempt(async () => {
        const passed = (await this.engine.runs()).filter((run) => this.#isPassing(run));
        for (const { id, state } of passed)
          if (state !== 'running') await this.engine.removeRun(id);
      });
    }
  }

  #isPassing({ id, recipe }: RunSummary): boolean {
    return this.#passing.get(JSON.stringify(recipe))?.has(id) === false;
  }

  #run(recipe: Recipe, purpose: string | null): Promise<RunResult> {
    return this.#atWork(recipe, purpose, async (job, report) => {
      // A result that waits to be deleted would be given out again.
      await this.deletions.settle();
      return this.engine.run(job, recipe, report);
    });
  }

  /** Other work on the models of a recipe, while nothing else is at work; null when it was cancelled or is not free. */
  async occupy<T>(recipe: Recipe, purpose: string, work: Work<T>): Promise<T | null> {
    if (this.running) return null;
    const before = this.activity;
    try {
      return await unlessCancelled(withWakeLock(() => this.#atWork(recipe, purpose, work)));
    } finally {
      this.activity = before;
    }
  }

  #atWork<T>(recipe: Recipe, purpose: string | null, work: Work<T>): Promise<T> {
    const job = crypto.randomUUID();
    this.#begin(job, recipe, purpose);
    return work(job, (progress) => {
      if (this.activity.at === 'running' && this.activity.job === job)
        this.activity = { ...this.activity, progress };
    });
  }

  #begin(job: string, recipe: Recipe, purpose: string | null): void {
    this.activity = { at: 'running', job, recipe, progress: null, stopping: false, purpose };
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
  async loadResult(id: string): Promise<void> {
    if (this.results.has(id)) return;
    const result = await this.notices.attempt(() => this.engine.result(id));
    if (result) this.results = new Map(this.results).set(id, result);
  }

  /** Deletes a run, which can be taken back for a while. */
  async remove(id: string): Promise<void> {
    const done = this.done.some((run) => run.id === id);
    await this.deletions.add({ kind: 'run', id }, done ? 'The result' : 'The stopped run');
    if (this.activity.at === 'failed') this.activity = { at: 'idle' };
  }
}
