import { consensus } from '../../gpu/kernels/consensus.ts';
import { floatBits } from '../../tensor/float.ts';
import type { MaskFilter } from '../maskFilter.ts';
import type { Pass } from '../method.ts';

const agree: MaskFilter = async ({ method, parameters }, { compute }) => {
  const { tall_lambda: tall = 1, least_tasks: least = 1 } = parameters[0] ?? {};
  return async ({ chunk, inputs, slot, words, dtypes }) => {
    const models = inputs.length - 1;
    await compute.dispatch({
      kernel: consensus,
      constants: { ...method.constants, ...dtypes },
      buffers: [slot.weights, slot.inputs, slot.masks, slot.ties],
      params: new Uint32Array([chunk.elements, words, models, 0, 0, 0, floatBits(tall), least]),
      threads: words,
    });
    compute.copy(slot.ties, slot.masks, models * words * 4);
  };
};

/** Keeps the positions that at least `least_tasks` TALL masks hold, for the models that were merged there. */
export const keepAgreed: Pass = { name: 'agree(least_tasks)', filters: [agree] };
