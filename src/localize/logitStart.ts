import { mulberry32 } from '../data/random.ts';
import { fillByMask } from '../gpu/kernels/fillByMask.ts';
import { asBytes } from '../tensor/release.ts';
import { floatBits } from '../tensor/float.ts';
import type { ScopeArrays } from '../scope/scopeArrays.ts';
import type { LogitForm } from './localizer.ts';
import type { LogitArray } from './logitArrays.ts';

import { largestTensor, scopeSize } from '../scope/masks.ts';
import { createKeyMasker, thresholdOfLargest, type KeyBins } from '../scope/select.ts';

/**
 * Marks the positions of largest |τ| in `start` and sets S from them; for flips S is U[0, 1), drawn in position order by
 * mulberry32(seed).
 */
export async function startLogits(
  { start: { on, off, share }, flips }: LogitForm,
  arrays: ScopeArrays<LogitArray>,
  bins: KeyBins,
  density: number,
  seed: number,
): Promise<void> {
  const { compute, scope } = arrays;
  const size = scopeSize(scope);
  const count =
    share === 'density' ? Math.floor(density * size) : Math.max(1, Math.floor(share * size));
  const threshold = await thresholdOfLargest(
    (work) => arrays.each(['tau'], [], ({ tau }, elements, t) => work(tau, elements, t)),
    'magnitude',
    count,
    bins,
  );
  const masker = await createKeyMasker(compute, 'magnitude', threshold, largestTensor(scope));
  const random = mulberry32(seed);
  await arrays.each(['tau', 'start', 'S'], ['start', 'S'], async ({ tau, start, S }, elements) => {
    await masker.mask(tau, elements, start);
    if (flips) {
      const draws = Float32Array.from({ length: elements }, random);
      compute.write(S, 0, asBytes(new Uint32Array(draws.buffer)));
      return;
    }
    await compute.dispatch({
      kernel: fillByMask,
      buffers: [start, S],
      params: new Uint32Array([elements, floatBits(on), floatBits(off)]),
      threads: elements,
    });
  });
  masker.free();
}
