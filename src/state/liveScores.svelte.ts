import { untrack } from 'svelte';
import type { LabModel, LabScore } from '../api/lab.ts';
import type { Lab } from './lab.svelte.ts';

const nothing: readonly LabScore[] = [];

const keyOf = (model: LabModel) => `${JSON.stringify(model)} `;

const nameOf = (model: LabModel, tasks: readonly number[]) =>
  keyOf(model) + tasks.toSorted((a, b) => a - b).join();

/** The scores of a model that sliders change, beside those it had before. */
export class LiveScores {
  /** The last scores on all tests of another setting. */
  before = $state.raw<readonly LabScore[]>(nothing);
  #asked = $state('');
  readonly #shown = $derived.by(() => this.lab.scores.get(this.slot) ?? null);
  /** What `now` is of: it may lag behind the model that was asked for last. */
  readonly model = $derived(this.#shown?.model ?? null);
  readonly now = $derived(this.#shown?.scores ?? nothing);
  readonly complete = $derived(this.#shown?.complete ?? false);
  /** Whether another setting was asked for, of which nothing is told yet. */
  readonly late = $derived.by(() => {
    const shown = this.#shown;
    return shown !== null && this.#asked !== '' && !this.#asked.startsWith(keyOf(shown.model));
  });
  /** Whether they were measured before the models were loaded. */
  readonly beforehand = $derived(this.#shown?.beforehand ?? false);
  readonly error = $derived(this.#shown?.error ?? null);

  constructor(
    readonly lab: Lab,
    readonly slot: string,
  ) {}

  /** Scores this model, unless it was asked for last or is shown already. */
  ask(model: LabModel, tasks: readonly number[]): void {
    const asked = nameOf(model, tasks);
    if (asked === untrack(() => this.#asked)) return;
    this.#asked = asked;
    const shown = untrack(() => this.lab.scores.get(this.slot));
    if (shown?.complete) {
      const told = shown.scores.map(({ task }) => task);
      if (nameOf(shown.model, told) === asked) return;
      this.before = shown.scores;
    }
    void this.lab.score(this.slot, model, [...tasks]);
  }

  /** Ends scoring; what is shown stays. */
  stop(): void {
    this.#asked = '';
    void this.lab.remote.stop(this.slot);
  }
}
