import { type AppError, toAppError } from '../errors.ts';

/** How work stands that ended by throwing: as before it began where it was cancelled. */
export function endedBy(thrown: unknown): { at: 'idle' } | { at: 'failed'; error: AppError } {
  const error = toAppError(thrown);
  return error.kind === 'Cancelled' ? { at: 'idle' } : { at: 'failed', error };
}

/** What work comes to, null where it was cancelled; other errors are thrown on. */
export async function unlessCancelled<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    if (toAppError(thrown).kind === 'Cancelled') return null;
    throw thrown;
  }
}
