import { toAppError } from '../errors.ts';

/** One sentence to the user; errors stay until dismissed. */
export interface Notice {
  id: number;
  tone: 'info' | 'error';
  text: string;
}

const infoMs = 6000;

/** What the app has to say across views: the boundary where errors are caught and shown. */
export class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 0;

  say(text: string): void {
    const id = this.#add('info', text);
    setTimeout(() => this.dismiss(id), infoMs);
  }

  /** Says what stays until it is dismissed. */
  tell(text: string): void {
    this.#add('info', text);
  }

  fail(thrown: unknown): void {
    const error = toAppError(thrown);
    if (error.kind !== 'Cancelled') this.#add('error', error.message);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Takes back what was said in these words. */
  retract(text: string): void {
    this.list = this.list.filter((notice) => notice.text !== text);
  }

  /** The work's value, or undefined after its error was shown. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      this.fail(thrown);
      return undefined;
    }
  }

  /** Asks anew when what the question reads changes; the newest answer alone counts, undefined where it failed. */
  watch<T>(question: () => Promise<T>, answered: (answer: T | undefined) => void): void {
    $effect(() => {
      let current = true;
      void this.attempt(question).then((answer) => {
        if (current) answered(answer);
      });
      return () => (current = false);
    });
  }

  #add(tone: Notice['tone'], text: string): number {
    const id = this.#next++;
    this.list = [...this.list.filter((notice) => notice.text !== text), { id, tone, text }];
    return id;
  }
}
