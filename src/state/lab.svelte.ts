import { AppError, toAppError } from '../errors.ts';
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
import type { Beforehand } from './beforehand.ts';
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
  /** Measured before the models were loaded. */
  beforehand: boolean;
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

/** Models held in memory, remade and scored as sliders move; what was measured of them beforehand is told before they are loaded. */
export class Lab {
  status = $state.raw<LabStatus>({ at: 'idle' });
  /** By slot. */
  scores = $state.raw<ReadonlyMap<string, SlotScores>>(new Map());
  /** Searches whose masks can be used, of earlier visits too; the newest last. */
  found = $state.raw<readonly LabFound[]>([]);
  searching = $state.raw<Searching | null>(null);
  /** What was measured of the models that are open, or will be. */
  beforehand = $state.raw<Beforehand | null>(null);
  readonly info = $derived(
    this.status.at === 'ready' ? this.status.info : (this.beforehand?.info ?? null),
  );
  readonly ready = $derived(this.status.at === 'ready');
  readonly #slots = new Map<string, Slot>();

  constructor(readonly engine: EngineApi) {}

  /** What the worker does with the models that are open; questions wait for those that are to come. */
  get remote(): LabApi {
    return this.beforehand?.remote ?? this.engine.lab;
  }

  /**
   * Tells what was measured of the models that are opened next, in place of what is open unless that is they. What else is
   * asked of them waits.
   */
  async foresee(beforehand: Beforehand): Promise<void> {
    const { status } = this;
    const there = status.at === 'ready' && status.info.id === beforehand.info.id;
    const ending = there ? null : this.#end();
    this.beforehand = beforehand;
    if (there) return beforehand.open();
    this.status = { at: 'idle' };
    await ending;
  }

  /** Ends loading; what was measured beforehand stays. */
  async stopOpening(): Promise<void> {
    const { status } = this;
    if (status.at !== 'loading') return;
    this.status = { at: 'idle' };
    await this.engine.cancel(status.job);
  }

  /** Loads what `input` names, in place of what was open; its info, or null when it was cancelled or failed. */
  async open(input: LabInput): Promise<LabInfo | null> {
    const job = crypto.randomUUID();
    const isCurrent = () => this.status.at === 'loading' && this.status.job === job;
    const ending = this.beforehand?.waiting ? this.stopOpening() : this.#end();
    this.status = { at: 'loading', job, progress: null };
    try {
      await ending;
      const info = await this.remote.open(job, input, (progress) => {
        if (isCurrent()) this.status = { at: 'loading', job, progress };
      });
      const found = await this.remote.found();
      if (!isCurrent()) return null;
      if (this.beforehand && this.beforehand.info.id !== info.id) this.#forget();
      this.found = found;
      this.status = { at: 'ready', info, input };
      this.beforehand?.open();
      return info;
    } catch (thrown) {
      if (isCurrent()) this.status = endedBy(thrown);
      return null;
    }
  }

  /** Forgets what an engine held that ended. */
  lose(error: AppError): void {
    if (this.status.at !== 'ready') return;
    this.#forget();
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
    this.#forget();
    if (status.at === 'loading') await this.engine.cancel(status.job);
    if (searching) await this.engine.cancel(searching.job);
  }

  #forget(): void {
    this.reset();
    this.found = [];
    this.beforehand?.drop();
    this.beforehand = null;
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
   * soon as the first part is told, or at once where its scores are known; the scores are null where that happened, or where
   * scoring failed.
   */
  score(slot: string, model: LabModel, tasks: number[]): Promise<readonly LabScore[] | null> {
    const known = this.beforehand?.scores(model, tasks);
    if (known) {
      this.#show(slot, { model, scores: known, complete: true, beforehand: true, error: null });
      const busy = this.#slots.get(slot);
      busy?.waiting?.settle(null);
      this.#slots.delete(slot);
      if (busy) void this.remote.stop(slot);
      return Promise.resolve(known);
    }
    return new Promise((settle) => {
      const request = { model, tasks, settle };
      const busy = this.#slots.get(slot);
      if (!busy || busy.reported || this.beforehand?.waiting)
        return void this.#start(slot, request);
      busy.waiting?.settle(null);
      busy.waiting = request;
    });
  }

  #show(slot: string, shown: SlotScores): void {
    this.scores = new Map(this.scores).set(slot, shown);
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
      this.#show(name, { model, scores, complete, beforehand: false, error });
    };
    let result: readonly LabScore[] | null = null;
    try {
      const waiting = this.beforehand?.waiting;
      if (waiting) await waiting;
      if (!isCurrent()) throw new AppError('Cancelled', 'Cancelled.');
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
