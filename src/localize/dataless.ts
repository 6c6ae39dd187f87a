import { mulberry32 } from '../data/random.ts';
import { asBytes } from '../tensor/release.ts';
import { ScopeArrays, memoryScratch } from '../scope/scopeArrays.ts';
import { keptArray, sharedReads, taskVector } from '../scope/arraySpecs.ts';
import type { LocalizeHost, LocalizeInput } from './contract.ts';
import type { TaskMask } from '../scope/masks.ts';
import { maskAbove, scopeSize } from '../scope/masks.ts';
import { KeyBins, thresholdOfLargest, type EachArray } from '../scope/select.ts';

/** Masks without gradients: the positions of largest |τ|, or random ones drawn in position order by mulberry32(seed). */
export async function localizeDataless(
  kind: 'magnitude' | 'random',
  { masks, scope, base, settings }: LocalizeInput,
  { tensors, budgetBytes, scratch = memoryScratch() }: LocalizeHost,
): Promise<TaskMask[]> {
  const { compute } = tensors;
  const found: TaskMask[] = [];
  for (const [u, { tuned, density }] of masks.entries()) {
    const score = kind === 'magnitude' ? taskVector(sharedReads(base), tuned, u) : keptArray;
    const specs = { score };
    const arrays = new ScopeArrays(compute, scope, specs, scratch, budgetBytes);
    const bins = await KeyBins.create(compute);
    try {
      if (kind === 'random') {
        const random = mulberry32(settings.seed + u);
        await arrays.each(['score'], ['score'], async ({ score }, elements) => {
          const draws = Float32Array.from({ length: elements }, random);
          compute.write(score, 0, asBytes(draws));
        });
      }
      const each: EachArray = (work) =>
        arrays.each(['score'], [], ({ score }, elements, t) => work(score, elements, t));
      const count = Math.floor(density * scopeSize(scope));
      const threshold = await thresholdOfLargest(each, 'magnitude', count, bins);
      found.push(await maskAbove(compute, scope, each, 'magnitude', threshold));
    } finally {
      bins.free();
      await arrays.dispose();
    }
  }
  return found;
}
