import { type AppError, toAppError } from '../errors.ts';

/** Questions of which only the newest counts: what comes of earlier ones is dropped. */
export class Newest {
  #asked = 0;

  /** Hands over the answer, or the error, unless something else was asked meanwhile. */
  async ask<T>(
    question: () => Promise<T>,
    answered: (answer: T) => void,
    failed: (error: AppError) => void,
  ): Promise<void> {
    const asked = ++this.#asked;
    try {
      const answer = await question();
      if (asked === this.#asked) answered(answer);
    } catch (thrown) {
      if (asked === this.#asked) failed(toAppError(thrown));
    }
  }

  /** Wants no answer any more. */
  drop(): void {
    this.#asked++;
  }
}
