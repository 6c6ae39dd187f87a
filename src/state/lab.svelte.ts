import { toAppError, type AppError } from '../errors.ts';
import type {
  LabApi,
  LabFindOptions,
  LabFound,
  LabInfo,
  LabInput,
  LabModel,
  LabScore,
} from '../api/lab.ts';
import type { LocalizeLive } from '../api/localizing.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Progress } from '../api/progress.ts';
import { endedBy, unlessCancelled } from './cancelled.ts';

/** What the lab holds. */
export type LabStatus =
  | { at: 'idle' }
  | { at: 'loading'; job: string; progress: Progress | null }
  | { at: 'ready'; info: LabInfo; input: LabInput }
  | { at: 'failed'; error: AppError };

/** What a slot shows: scores of `model`, which may lag behind the one asked for last. */
export interface SlotScores {
  model: LabModel;
  scores: readonly LabScore[];
  /** On all test examples. */
  complete: boolean;
  error: AppError | null;
}

/** A search for masks at work. */
export interface Searching {
  job: string;
  localizer: string;
  tasks: number[];
  live: LocalizeLive | null;
  /** Cancelled, and about to end. */
  stopping: boolean;
}

interface Request {
  model: LabModel;
  tasks: number[];
  settle(scores: readonly LabScore[] | null): void;
}

/** Scores at work in a slot; of those asked for meanwhile only the newest waits. */
interface Slot {
  reported: boolean;
  waiting: Request | null;
}

/** Models held in memory, remade and scored as sliders move. */
export class Lab {
  status = $state.raw<LabStatus>({ at: 'idle' });
  /** By slot. */
  scores = $state.raw<ReadonlyMap<string, SlotScores>>(new Map());
  /** Searches whose masks can be used, of earlier visits too; the newest last. */
  found = $state.raw<readonly LabFound[]>([]);
  searching = $state.raw<Searching | null>(null);
  readonly info = $derived(this.status.at === 'ready' ? this.status.info : null);
  readonly #slots = new Map<string, Slot>();

  /** What the worker does with the models that are open. */
  readonly remote: LabApi;

  constructor(readonly engine: EngineApi) {
    this.remote = engine.lab;
  }

  /** Loads what `input` names, in place of what was open; its info, or null when it was cancelled or failed. */
  async open(input: LabInput): Promise<LabInfo | null> {
    const job = crypto.randomUUID();
    const isCurrent = () => this.status.at === 'loading' && this.status.job === job;
    const ending = this.#end();
    this.status = { at: 'loading', job, progress: null };
    try {
      await ending;
      const info = await this.remote.open(job, input, (progress) => {
        if (isCurrent()) this.status = { at: 'loading', job, progress };
      });
      const found = await this.remote.found();
      if (!isCurrent()) return null;
      this.found = found;
      this.status = { at: 'ready', info, input };
      return info;
    } catch (thrown) {
      if (isCurrent()) this.status = endedBy(thrown);
      return null;
    }
  }

  /** Forgets what an engine held that ended. */
  lose(error: AppError): void {
    if (this.status.at !== 'ready') return;
    this.reset();
    this.found = [];
    this.status = { at: 'failed', error };
  }

  /** Ends loading, searching and scoring, and frees what is held. */
  async close(): Promise<void> {
    const ending = this.#end();
    this.status = { at: 'idle' };
    await ending;
    await this.remote.close();
  }

  async #end(): Promise<void> {
    const { status, searching } = this;
    this.reset();
    this.found = [];
    if (status.at === 'loading') await this.engine.cancel(status.job);
    if (searching) await this.engine.cancel(searching.job);
  }

  /** Forgets what was scored, keeping what is loaded and found. */
  reset(): void {
    for (const [name, slot] of this.#slots) {
      slot.waiting?.settle(null);
      slot.waiting = null;
      void this.remote.stop(name);
    }
    this.#slots.clear();
    this.scores = new Map();
  }

  /**
   * Scores a model into a slot: on a part of the tests first, then on all. A newer call in the slot takes its place as
   * soon as the first part is told; the scores are null where that happened, or where scoring failed.
   */
  score(slot: string, model: LabModel, tasks: number[]): Promise<readonly LabScore[] | null> {
    return new Promise((settle) => {
      const request = { model, tasks, settle };
      const busy = this.#slots.get(slot);
      if (!busy || busy.reported) return void this.#start(slot, request);
      busy.waiting?.settle(null);
      busy.waiting = request;
    });
  }

  async #start(name: string, { model, tasks, settle }: Request): Promise<void> {
    const slot: Slot = { reported: false, waiting: null };
    this.#slots.set(name, slot);
    const isCurrent = () => this.#slots.get(name) === slot;
    const show = (
      scores: readonly LabScore[],
      complete: boolean,
      error: AppError | null = null,
    ) => {
      this.scores = new Map(this.scores).set(name, { model, scores, complete, error });
    };
    let result: readonly LabScore[] | null = null;
    try {
      const scores = await this.remote.score(name, model, tasks, (scores) => {
        if (!isCurrent()) return;
        show(scores, false);
        slot.reported = true;
        if (slot.waiting) void this.#start(name, slot.waiting);
      });
      if (isCurrent()) show((result = scores), true);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (isCurrent() && error.kind !== 'Cancelled') show([], false, error);
    }
    settle(result);
    if (!isCurrent()) return;
    this.#slots.delete(name);
    if (slot.waiting) void this.#start(name, slot.waiting);
  }

  /**
   * Finds masks by a localizer on examples of these tasks; what was found, or null when it was cancelled or another search
   * is at work. Throws AppErrors.
   */
  async find(
    localizer: string,
    tasks: number[],
    options: LabFindOptions,
  ): Promise<LabFound | null> {
    if (this.searching) return null;
    const job = crypto.randomUUID();
    this.searching = { job, localizer, tasks, live: null, stopping: false };
    const searched = this.remote.find(job, localizer, tasks, options, (live) => {
      if (this.searching?.job === job) this.searching = { ...this.searching, live };
    });
    try {
      const found = await unlessCancelled(searched);
      if (found) this.found = await this.remote.found();
      return found;
    } finally {
      if (this.searching?.job === job) this.searching = null;
    }
  }

  async cancelFind(): Promise<void> {
    if (!this.searching) return;
    this.searching = { ...this.searching, stopping: true };
    await this.engine.cancel(this.searching.job);
  }

  /** The newest search by this localizer whose masks are of all these tasks, up to a density: beyond that of the search a ranking means little. */
  foundFor(by: string, tasks: readonly number[], density = 0): LabFound | null {
    const holds = (each: LabFound) =>
      each.localizer === by &&
      each.density >= density &&
      tasks.every((task) => each.tasks.includes(task));
    return this.found.findLast(holds) ?? null;
  }
}
