import { type AppError, toAppError } from '../errors.ts';
import type { LabModel, LabQuestion } from '../api/lab.ts';
import type { Lab } from './lab.svelte.ts';

interface Request {
  models: LabModel[];
  task: number;
  question: LabQuestion;
}

/** What models answer to a question that changes as it is drawn or written; of questions that wait the newest is asked. */
export class Answers {
  /** The newest answer: probabilities of a task's classes, by model; null before the first. */
  told = $state.raw<{ task: number; shares: readonly (readonly number[])[] } | null>(null);
  error = $state.raw<AppError | null>(null);
  #busy = false;
  #next: Request | null = null;
  /** Of what is cleared: an answer that was asked for before is of no use. */
  #turn = 0;

  constructor(readonly lab: Lab) {}

  ask(models: LabModel[], task: number, question: LabQuestion): void {
    this.#next = { models, task, question };
    if (!this.#busy) void this.#run();
  }

  clear(): void {
    this.#turn++;
    this.#next = null;
    this.told = null;
    this.error = null;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#next) {
      const request: Request = this.#next;
      this.#next = null;
      const { models, task, question } = request;
      const turn = this.#turn;
      try {
        const shares = await this.lab.remote.answer(models, task, question);
        if (turn !== this.#turn) continue;
        this.told = { task, shares };
        this.error = null;
      } catch (thrown) {
        if (turn === this.#turn) this.error = toAppError(thrown);
      }
    }
    this.#busy = false;
  }
}
