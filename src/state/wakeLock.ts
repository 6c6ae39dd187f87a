/** Keeps the screen on while the work runs, where the browser allows it. */
export async function withWakeLock<T>(work: () => Promise<T>): Promise<T> {
  const held: WakeLockSentinel[] = [];
  let working = true;
  const hold = async () => {
    if (!('wakeLock' in navigator) || document.visibilityState !== 'visible') return;
    const lock = await navigator.wakeLock.request('screen').catch(() => null);
    if (lock && working) held.push(lock);
    else await lock?.release();
  };
  const again = () => void hold();
  document.addEventListener('visibilitychange', again);
  again();
  try {
    return await work();
  } finally {
    working = false;
    document.removeEventListener('visibilitychange', again);
    await Promise.all(held.map((lock) => lock.release()));
  }
}
