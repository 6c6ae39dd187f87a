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
  seconds: number;
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
  ) {}

  of(wanted: Wanted): Measurement | null {
    return this.done.get(keyOf(wanted)) ?? null;
  }

  /** Measures what is missing of these, the first first; what was wanted before and is not now waits. */
  want(wanted: readonly Wanted[]): void {
    this.#wanted = wanted;
    if (!this.#running) void this.#run();
  }

  /** Measures what is wanted as that changes, while the component that asks is on screen. */
  follow(wanted: () => readonly Wanted[]): void {
    $effect(() => {
      const list = wanted();
      untrack(() => this.want(list));
    });
    $effect(() => () => this.stop());
  }

  stop(): void {
    this.#stopped = true;
    void this.lab.remote.stop(this.slot);
  }

  #missing(): Wanted | undefined {
    return this.#wanted.find((each) => !this.done.has(keyOf(each)));
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.error = null;
    try {
      for (let next = this.#missing(); next && !this.#stopped; next = this.#missing()) {
        const { model, tasks } = next;
        const started = performance.now();
        const changed = await this.lab.remote.changed(model);
        const seconds = (performance.now() - started) / 1000;
        const scores = await this.lab.score(this.slot, model, [...tasks]);
        if (!scores) {
          this.error = this.lab.scores.get(this.slot)?.error ?? null;
          break;
        }
        this.done = new Map(this.done).set(keyOf(next), { scores, changed, seconds });
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
