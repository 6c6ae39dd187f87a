import type { LabModel, LabScore } from '../api/lab.ts';
import type { Lab } from './lab.svelte.ts';
import { tunedTasks } from './labModels.ts';

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
