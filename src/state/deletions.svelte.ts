import type { EngineApi } from '../api/engine.ts';
import type { Notices } from './notices.svelte.ts';

const kinds = ['checkpoint', 'data', 'run'] as const;

/** A checkpoint or a run by its id, or data by their name. */
export interface Deletion {
  kind: (typeof kinds)[number];
  id: string;
}

type Waiting = Deletion & { notice: number };

const storeKey = 'deletions';
const lockName = 'stitchwork-deletions';

/** What is gone from sight, and deleted for good when the notice that offers Undo closes, or on the next visit. */
export class Deletions {
  #waiting = $state.raw<readonly Waiting[]>([]);
  #under = new Set<Promise<void>>();
  #release: (() => void) | null = null;

  /** `refresh` shows what is there now. */
  constructor(
    readonly engine: EngineApi,
    readonly notices: Notices,
    readonly refresh: () => Promise<void>,
  ) {}

  /** Whether one of these is out of sight. */
  hides(kind: Deletion['kind'], ...ids: readonly string[]): boolean {
    return this.#waiting.some((each) => each.kind === kind && ids.includes(each.id));
  }

  /** Deletes something of this name, which can be taken back for a while. */
  async add(deletion: Deletion, name: string): Promise<void> {
    const notice = this.notices.offer(`${name} is deleted.`, {
      label: 'Undo',
      run: () => void this.#leave(deletion),
      ended: () => void this.#carryOut(deletion),
    });
    this.#wait([...this.#waiting, { ...deletion, notice }]);
    await this.notices.attempt(() => this.refresh());
  }

  /** Deletes for good what waits, so that its room is free and its name unknown. */
  async settle(): Promise<void> {
    for (const { notice } of this.#waiting) this.notices.dismiss(notice);
    await Promise.all(this.#under);
  }

  /** Carries out what an earlier visit left, unless another tab still offers to take it back. */
  async resume(): Promise<void> {
    const left = readLeft();
    if (left.length === 0 || this.#waiting.length > 0) return;
    await navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      localStorage.removeItem(storeKey);
      for (const each of left) await this.notices.attempt(() => this.#remove(each));
    });
  }

  #carryOut(deletion: Deletion): Promise<void> {
    const work = this.notices
      .attempt(() => this.#remove(deletion))
      .then(() => this.#leave(deletion));
    this.#under.add(work);
    return work.finally(() => this.#under.delete(work));
  }

  /** Whether it was deleted or not, it is out of sight no more. */
  async #leave({ kind, id }: Deletion): Promise<void> {
    this.#wait(this.#waiting.filter((each) => each.kind !== kind || each.id !== id));
    await this.notices.attempt(() => this.refresh());
  }

  #remove({ kind, id }: Deletion): Promise<void> {
    if (kind === 'checkpoint') return this.engine.remove(id);
    return kind === 'data' ? this.engine.removeData(id) : this.engine.removeRun(id);
  }

  /** Keeps what waits for the next visit; the lock tells other tabs that this one still offers it. */
  #wait(waiting: readonly Waiting[]): void {
    this.#waiting = waiting;
    if (waiting.length === 0) {
      localStorage.removeItem(storeKey);
      this.#release?.();
      this.#release = null;
      return;
    }
    localStorage.setItem(storeKey, JSON.stringify(waiting.map(({ kind, id }) => ({ kind, id }))));
    if (this.#release) return;
    const released = new Promise<void>((resolve) => (this.#release = resolve));
    void navigator.locks.request(lockName, { mode: 'shared' }, () => released);
  }
}

function readLeft(): Deletion[] {
  try {
    const left: unknown = JSON.parse(localStorage.getItem(storeKey) ?? '[]');
    return Array.isArray(left) ? left.filter(isDeletion) : [];
  } catch {
    return [];
  }
}

function isDeletion(value: unknown): value is Deletion {
  if (typeof value !== 'object' || value === null || !('kind' in value && 'id' in value))
    return false;
  return kinds.some((kind) => kind === value.kind) && typeof value.id === 'string';
}
