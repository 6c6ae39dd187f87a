import { asBytes, release } from '../tensor/release.ts';
import type { Compute, ComputeBuffer, Dispatch, Kernel } from './compute.ts';

interface CpuBuffer extends ComputeBuffer {
  words: Uint32Array<ArrayBuffer>;
}

/** The words of a buffer that lives in memory. */
export const wordsOf = (buffer: ComputeBuffer): Uint32Array<ArrayBuffer> =>
  (buffer as CpuBuffer).words;

/** Words in memory as a buffer that is not counted and need not be freed. */
export const borrowWords = (words: Uint32Array): ComputeBuffer =>
  ({ bytes: words.byteLength, words }) as CpuBuffer;

/** Runs the kernels' references on the CPU, or faster loops by kernel id; `reason` says why there is no GPU. */
export function createCpuCompute(
  reason: string,
  faster: Readonly<Record<string, Kernel['reference']>> = {},
): Compute {
  const live = new Set<CpuBuffer>();
  return {
    kind: 'cpu',
    adapter: reason,
    software: true,
    async buffer(bytes) {
      const buffer = { bytes, words: new Uint32Array(Math.ceil(bytes / 4)) };
      live.add(buffer);
      return buffer;
    },
    async adopt(words) {
      const buffer = { bytes: words.byteLength, words };
      live.add(buffer);
      return buffer;
    },
    write(buffer, offsetBytes, data) {
      new Uint8Array(wordsOf(buffer).buffer).set(data, offsetBytes);
    },
    clear(buffer) {
      wordsOf(buffer).fill(0);
    },
    copy(from, to, bytes, at = {}) {
      const first = (at.from ?? 0) / 4;
      wordsOf(to).set(wordsOf(from).subarray(first, first + bytes / 4), (at.to ?? 0) / 4);
    },
    async dispatch({ kernel, buffers, params, constants }: Dispatch) {
      const run = faster[kernel.id] ?? kernel.reference;
      run(buffers.map(wordsOf), params, constants ?? {});
    },
    async read(ranges) {
      return ranges.map(({ buffer, bytes }) => wordsOf(buffer).slice(0, Math.ceil(bytes / 4)));
    },
    async view(ranges) {
      return ranges.map(({ buffer, bytes }) => wordsOf(buffer).subarray(0, Math.ceil(bytes / 4)));
    },
    free(buffer) {
      if (live.delete(buffer as CpuBuffer)) release(asBytes(wordsOf(buffer)));
    },
    async take(buffer) {
      live.delete(buffer as CpuBuffer);
      return wordsOf(buffer);
    },
    get liveBuffers() {
      return live.size;
    },
    get liveBytes() {
      return [...live].reduce((sum, { bytes }) => sum + bytes, 0);
    },
    maxBufferBytes: 2 ** 31 - 4,
    device: null,
  };
}
