import { dropRandom } from '../../gpu/kernels/dropRandom.ts';
import { streamKey } from '../../gpu/kernels/hash.ts';
import { asBytes } from '../../tensor/release.ts';
import type { MaskFilter } from '../chunkMasks.ts';

const words = 2 ** 32;

/** Keeps each position with probability `density`, drawn from the seed, the model and the position in scope alone. */
export const dropAtRandom: MaskFilter = async ({ parameters }, { compute }, allocate) => {
  const table = Uint32Array.from(
    parameters.flatMap(({ seed = 0, density = 1 }, model) => {
      const kept = Math.floor(density * words);
      return [streamKey(seed, model), Math.max(0, kept - 1), kept > 0 ? 1 : 0, 0];
    }),
  );
  const streams = await allocate(table.byteLength);
  compute.write(streams, 0, asBytes(table));
  return ({ chunk, inputs, slot, words: length }) =>
    compute.dispatch({
      kernel: dropRandom,
      buffers: [streams, slot.masks],
      params: new Uint32Array([
        ...[chunk.elements, length],
        ...[chunk.position % words, Math.floor(chunk.position / words)],
      ]),
      threads: length,
      rows: inputs.length - 1,
    });
};
