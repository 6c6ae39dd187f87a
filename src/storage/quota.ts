import { AppError, isQuotaError, noRoom } from '../errors.ts';

/** Bytes this origin uses and may use, as the browser estimates them: too rough to promise that a copy fits. */
export async function storageEstimate(): Promise<{ usedBytes: number; quotaBytes: number }> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { usedBytes: usage, quotaBytes: quota };
}

/** Writes `what`; where there is no room, QuotaFull with the outcome. */
export async function withRoom(
  what: string,
  outcome: string | (() => Promise<string>),
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!isQuotaError(thrown)) throw thrown;
    throw quotaFull(what, typeof outcome === 'string' ? outcome : await outcome(), thrown);
  }
}

/** QuotaFull about `what`; `outcome` says how far storing came and what became of it. */
export function quotaFull(what: string, outcome: string, cause: unknown): AppError {
  return new AppError('QuotaFull', noRoom(`for ${what}. ${outcome}`), cause);
}

/** Bytes in decimal units, e.g. "499.0 MB". */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (bytes < 1000) return `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
