import { unsupported } from '../errors.ts';

const channelName = 'stitchwork-library';

const lockName = (name: string) => `stitchwork-${name}`;

/** Runs `work` while this tab alone, or shared with others, holds the named lock; waits for it. */
export async function withLock<T>(
  name: string,
  mode: LockMode,
  work: () => Promise<T>,
): Promise<T> {
  return navigator.locks.request(lockName(name), { mode }, work);
}

/** Runs `work` under an exclusive lock, or `whenHeld` without waiting when any tab holds the lock. */
export async function withFreeLock<T>(
  name: string,
  work: () => Promise<T>,
  whenHeld: () => T,
): Promise<T> {
  return navigator.locks.request(lockName(name), { ifAvailable: true }, async (lock) =>
    lock ? work() : whenHeld(),
  );
}

/** What follows `prefix` in the names of the locks that any tab holds. */
export async function heldLocks(prefix: string): Promise<string[]> {
  const { held = [] } = await navigator.locks.query();
  const start = lockName(prefix);
  return held.flatMap(({ name = '' }) => (name.startsWith(start) ? name.slice(start.length) : []));
}

/** A `whenHeld` that throws `Unsupported` with this message. */
export function refuse(message: string): () => never {
  return () => {
    throw unsupported(message);
  };
}

let channel: BroadcastChannel | undefined;

/** Tells every other tab, and this tab's page, that the library changed. */
export function announceLibraryChange(): void {
  channel ??= new BroadcastChannel(channelName);
  channel.postMessage('changed');
}

/** Calls back after each change of the library made elsewhere; returns the function that stops it. */
export function onLibraryChange(listener: () => void): () => void {
  const ear = new BroadcastChannel(channelName);
  ear.onmessage = () => listener();
  return () => ear.close();
}
