import { hearMessages } from '../jobs/jobs.ts';

interface Waiting {
  rank: number;
  start(): void;
}

/** Lets one piece of work at a time onto the device: of those that wait the lowest rank first, then the first come. */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #busy = false;

  /** Runs `work` in its turn; between two turns messages are heard, cancels among them. */
  async take<T>(rank: number, work: () => Promise<T>): Promise<T> {
    if (this.#busy)
      await new Promise<void>((start) => {
        const at = this.#waiting.findLastIndex((each) => each.rank <= rank);
        this.#waiting.splice(at + 1, 0, { rank, start });
      });
    this.#busy = true;
    try {
      return await work();
    } finally {
      await hearMessages();
      const next = this.#waiting.shift();
      this.#busy = next !== undefined;
      next?.start();
    }
  }

  /** Lets what works or waits, and is of no higher rank, be done first. */
  pass(rank: number): Promise<void> {
    return this.take(rank, () => Promise.resolve());
  }
}
