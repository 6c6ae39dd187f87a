import { throwIfCancelled } from '../errors.ts';

const sliceMs = 100;

/** Waits, at most every 100 ms, until other work had its turn and a pause is over; rejects with Cancelled. */
export type Pause = () => Promise<void>;

/** Cuts long computing into slices between which cancelling and pausing are heard. */
export function createPause(signal: AbortSignal, resumed: () => Promise<void>): Pause {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < sliceMs) return;
    await new Promise((resolve) => setTimeout(resolve));
    throwIfCancelled(signal);
    await resumed();
    began = performance.now();
  };
}
