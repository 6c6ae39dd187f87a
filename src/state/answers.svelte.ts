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
  /** Probabilities of the classes, by model; null before the first answer. */
  shares = $state.raw<readonly (readonly number[])[] | null>(null);
  error = $state.raw<AppError | null>(null);
  #busy = false;
  #next: Request | null = null;

  constructor(readonly lab: Lab) {}

  ask(models: LabModel[], task: number, question: LabQuestion): void {
    this.#next = { models, task, question };
    if (!this.#busy) void this.#run();
  }

  clear(): void {
    this.#next = null;
    this.shares = null;
    this.error = null;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#next) {
      const request: Request = this.#next;
      this.#next = null;
      const { models, task, question } = request;
      try {
        this.shares = await this.lab.remote.answer(models, task, question);
        this.error = null;
      } catch (thrown) {
        this.error = toAppError(thrown);
      }
    }
    this.#busy = false;
  }
}
