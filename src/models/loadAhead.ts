import { bug } from '../errors.ts';

/** Loads things by their numbers ahead of their use; `load` gives null where there is none. */
export function loadAhead<Loaded extends { release(): void }>(
  load: (i: number) => Promise<Loaded> | null,
) {
  const pending = new Map<number, Promise<Loaded>>();
  const start = (i: number) => {
    const loading = pending.has(i) ? null : load(i);
    if (!loading) return;
    loading.catch(() => undefined);
    pending.set(i, loading);
  };
  return {
    /** Number i, to be released by the caller; starts loading `next`. */
    async take(i: number, next: number | null): Promise<Loaded> {
      start(i);
      const loading = pending.get(i);
      if (!loading) throw bug(`There is no segment ${i}.`);
      const loaded = await loading;
      pending.delete(i);
      if (next !== null) start(next);
      return loaded;
    },
    /** Releases what was loaded and not taken. */
    async drop(): Promise<void> {
      const rest = await Promise.allSettled(pending.values());
      for (const each of rest) if (each.status === 'fulfilled') each.value.release();
    },
  };
}
