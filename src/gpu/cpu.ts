import type { Compute, ComputeBuffer, Dispatch } from './compute.ts';

interface CpuBuffer extends ComputeBuffer {
  words: Uint32Array;
}

/** Runs the kernels' references on the CPU; `reason` says why there is no GPU. */
export function createCpuCompute(reason: string): Compute {
  const live = new Set<CpuBuffer>();
  const words = (buffer: ComputeBuffer) => (buffer as CpuBuffer).words;
  return {
    kind: 'cpu',
    adapter: reason,
    software: true,
    async buffer(bytes) {
      const buffer = { bytes, words: new Uint32Array(Math.ceil(bytes / 4)) };
      live.add(buffer);
      return buffer;
    },
    write(buffer, offsetBytes, data) {
      new Uint8Array(words(buffer).buffer).set(data, offsetBytes);
    },
    clear(buffer) {
      words(buffer).fill(0);
    },
    async dispatch({ kernel, buffers, params, constants }: Dispatch) {
      kernel.reference(buffers.map(words), params, constants ?? {});
    },
    async read(ranges) {
      return ranges.map(({ buffer, bytes }) => words(buffer).slice(0, Math.ceil(bytes / 4)));
    },
    free(buffer) {
      live.delete(buffer as CpuBuffer);
    },
    get liveBuffers() {
      return live.size;
    },
  };
}
