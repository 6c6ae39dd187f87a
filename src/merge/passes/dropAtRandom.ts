import { dropRandom } from '../../gpu/kernels/dropRandom.ts';
import { streamKey } from '../../gpu/kernels/hash.ts';
import { asBytes } from '../../tensor/release.ts';
import type { MaskFilter } from '../maskFilter.ts';
import type { Pass } from '../method.ts';

const words = 2 ** 32;

const draw: MaskFilter = async (plan, { compute }, allocate) => {
  const streams = await allocate(plan.models * 16);
  return ({ chunk, inputs, slot, words: length }) => {
    const table = plan.values(chunk.tensor).flatMap(({ seed = 0, density = 1 }, model) => {
      const kept = Math.floor(density * words);
      return [streamKey(seed, model), Math.max(0, kept - 1), kept > 0 ? 1 : 0, 0];
    });
    compute.write(streams, 0, asBytes(Uint32Array.from(table)));
    return compute.dispatch({
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
};

/** Keeps each position with probability `density`, drawn from the seed, the model and the position in scope alone. */
export const dropAtRandom: Pass = { name: 'drop(density)', filters: [draw], draws: true };
