import { toAppError } from '../errors.ts';

/** What a notice offers to do. */
export interface Offer {
  label: string;
  run: () => void;
  /** Told when the notice closes and it was not done. */
  ended: () => void;
}

/** One sentence to the user; errors stay until dismissed. */
export interface Notice {
  id: number;
  tone: 'info' | 'error';
  text: string;
  offer?: Offer;
}

const infoMs = 6000;
const offerMs = 15_000;

/** What the app has to say across views: the boundary where errors are caught and shown. */
export class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 0;
  #closing = new Map<number, ReturnType<typeof setTimeout>>();

  say(text: string): void {
    const id = this.#add('info', text);
    setTimeout(() => this.dismiss(id), infoMs);
  }

  /** Says what stays until it is dismissed. */
  tell(text: string): void {
    this.#add('info', text);
  }

  /** Says something, and offers to do something about it for a while; returns the id of the notice. */
  offer(text: string, offer: Offer): number {
    const id = this.#add('info', text, offer);
    this.release(id);
    return id;
  }

  /** Does what a notice offers. */
  take(id: number): void {
    const { offer } = this.#remove(id) ?? {};
    offer?.run();
  }

  /** Keeps an offer while the user is at it. */
  hold(id: number): void {
    clearTimeout(this.#closing.get(id));
  }

  /** Lets an offer end after its time. */
  release(id: number): void {
    this.hold(id);
    if (!this.list.some((notice) => notice.id === id && notice.offer)) return;
    this.#closing.set(
      id,
      setTimeout(() => this.dismiss(id), offerMs),
    );
  }

  fail(thrown: unknown): void {
    const error = toAppError(thrown);
    if (error.kind !== 'Cancelled') this.#add('error', error.message);
  }

  dismiss(id: number): void {
    const { offer } = this.#remove(id) ?? {};
    offer?.ended();
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

  #add(tone: Notice['tone'], text: string, offer?: Offer): number {
    const id = this.#next++;
    const others = this.list.filter((notice) => notice.offer || notice.text !== text);
    this.list = [...others, { id, tone, text, ...(offer && { offer }) }];
    return id;
  }

  #remove(id: number): Notice | undefined {
    this.hold(id);
    this.#closing.delete(id);
    const removed = this.list.find((notice) => notice.id === id);
    this.list = this.list.filter((notice) => notice.id !== id);
    return removed;
  }
}
