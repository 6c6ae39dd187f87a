import type { Tensors } from '../gpu/tensors.ts';

/** Follows the bytes of tfjs's tensors and of live buffers at every tensor made or disposed; for tests and benches. */
export function watchPeak({ tf, compute }: Pick<Tensors, 'tf' | 'compute'>): {
  /** Most bytes above those at the start; ends the watch. */
  stop(): number;
} {
  const { state } = tf.engine();
  let { numBytes } = state;
  const start = numBytes + compute.liveBytes;
  let peak = start;
  Object.defineProperty(state, 'numBytes', {
    configurable: true,
    enumerable: true,
    get: () => numBytes,
    set(bytes: number) {
      numBytes = bytes;
      peak = Math.max(peak, bytes + compute.liveBytes);
    },
  });
  return {
    stop() {
      Object.defineProperty(state, 'numBytes', { value: numBytes, writable: true });
      return peak - start;
    },
  };
}
