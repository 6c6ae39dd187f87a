import { untrack } from 'svelte';
import type { LabModel, LabScore } from '../api/lab.ts';
import type { Lab } from './lab.svelte.ts';
import { tunedTasks } from './labModels.ts';

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

/** What every lesson compares with, once known on all tests of a task: the base, and each fine-tuned model on its own. */
export class References {
  readonly base = $derived.by(() => this.#known('base'));
  readonly tuned = $derived.by(() => this.#tasks().flatMap((task) => this.#known(`tuned ${task}`)));
  /** Those being scored, of what the lab holds. */
  #underway: { id: string; done: Promise<void> } | null = null;

  constructor(readonly lab: Lab) {}

  /** Scores those that are not scored yet, one after another. */
  async ensure(): Promise<void> {
    const id = this.lab.info?.id ?? '';
    if (this.#underway?.id === id) return this.#underway.done;
    const done = this.#scoreAll(id);
    this.#underway = { id, done };
    await done;
    this.#underway = null;
  }

  async #scoreAll(id: string): Promise<void> {
    const all = this.lab.info?.tasks.map((_, i) => i) ?? [];
    await this.#score('base', { kind: 'base' }, all);
    for (const task of this.#tasks())
      if (this.lab.info?.id === id)
        await this.#score(`tuned ${task}`, { kind: 'tuned', task }, [task]);
  }

  #known(slot: string): LabScore[] {
    return this.lab.scores.get(slot)?.scores.filter(({ n, of }) => n === of) ?? [];
  }

  /** Tasks with a fine-tune. */
  #tasks(): number[] {
    return this.lab.info ? tunedTasks(this.lab.info) : [];
  }

  async #score(slot: string, model: LabModel, tasks: number[]): Promise<void> {
    if (!this.lab.scores.has(slot)) await this.lab.score(slot, model, tasks);
  }
}
