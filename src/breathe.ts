import { throwIfCancelled } from './errors.ts';

/** Lets a pause and a cancel be heard between parts of long computing, and throws the latter. */
export type Breathe = () => Promise<void>;

/** `resumed` settles when messages that waited were heard. */
export function createBreathe(signal: AbortSignal, resumed?: () => Promise<void>): Breathe {
  return async () => {
    await resumed?.();
    throwIfCancelled(signal);
  };
}
