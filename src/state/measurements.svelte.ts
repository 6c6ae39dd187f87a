import { untrack } from 'svelte';
import { type AppError, toAppError } from '../errors.ts';
import type { LabModel, LabScore } from '../api/lab.ts';
import type { Lab } from './lab.svelte.ts';

/** A model to be scored on all test examples of these tasks. */
export interface Wanted {
  model: LabModel;
  tasks: readonly number[];
  /** Another number where the masks that the model names were found anew. */
  version?: number;
}

export interface Measurement {
  scores: readonly LabScore[];
  /** Positions that differ from the base, and the seconds it took to make the model and count them. */
  changed: number;
  /** null where that was before the models were loaded. */
  seconds: number | null;
  /** Whether the scores are of before then. */
  beforehand: boolean;
}

/** Models scored one after another in one slot of the lab, and kept. */
export class Measurements {
  done = $state.raw<ReadonlyMap<string, Measurement>>(new Map());
  error = $state.raw<AppError | null>(null);
  #wanted: readonly Wanted[] = [];
  #running = false;
  #stopped = false;

  constructor(
    readonly lab: Lab,
    readonly slot: string,
    /** Whether seconds are wanted of what was measured beforehand too, once the models are there. */
    readonly timed = false,
  ) {}

  of(wanted: Wanted): Measurement | null {
    return this.done.get(keyOf(wanted)) ?? null;
  }

  /** Whether any of these was measured before the models were loaded. */
  beforehand(wanted: readonly Wanted[]): boolean {
    return wanted.some((each) => this.of(each)?.beforehand);
  }

  /** Measures what is missing of these, the first first; what was wanted before and is not now waits. */
  want(wanted: readonly Wanted[]): void {
    this.#wanted = wanted;
    this.#takeKnown();
    if (!this.#running) void this.#run();
  }

  /** Measures what is wanted as that changes, while the component that asks is on screen. */
  follow(wanted: () => readonly Wanted[]): void {
    $effect(() => {
      const list = wanted();
      void this.lab.ready;
      untrack(() => this.want(list));
    });
    $effect(() => () => this.stop());
  }

  stop(): void {
    this.#stopped = true;
    void this.lab.remote.stop(this.slot);
  }

  /** Takes what was measured beforehand. */
  #takeKnown(): void {
    const { beforehand } = this.lab;
    const known = this.#wanted.flatMap((each) => {
      const scores = beforehand?.scores(each.model, each.tasks);
      const changed = beforehand?.changed(each.model) ?? null;
      if (!scores || changed === null || this.done.has(keyOf(each))) return [];
      return [[keyOf(each), { scores, changed, seconds: null, beforehand: true }] as const];
    });
    if (known.length > 0) this.done = new Map([...this.done, ...known]);
  }

  #missing(): Wanted | undefined {
    const isMissing = (found: Measurement | undefined) =>
      !found || (this.timed && this.lab.ready && found.seconds === null);
    return this.#wanted.find((each) => isMissing(this.done.get(keyOf(each))));
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.error = null;
    try {
      for (let next = this.#missing(); next && !this.#stopped; next = this.#missing()) {
        const { model, tasks } = next;
        const started = performance.now();
        const known = this.done.get(keyOf(next));
        const { lab } = this.lab.engine;
        const changed = await (known ? lab : this.lab.remote).changed(model);
        const seconds = (performance.now() - started) / 1000;
        const scores = known?.scores ?? (await this.lab.score(this.slot, model, [...tasks]));
        if (!scores) {
          this.error = this.lab.scores.get(this.slot)?.error ?? null;
          break;
        }
        this.done = new Map(this.done).set(keyOf(next), {
          ...{ scores, changed, seconds, beforehand: known !== undefined },
        });
      }
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.kind !== 'Cancelled') this.error = error;
    } finally {
      this.#running = false;
    }
  }
}

const keyOf = ({ model, tasks, version = 0 }: Wanted) => JSON.stringify([model, tasks, version]);
