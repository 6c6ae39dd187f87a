import { mulberry32 } from '../data/random.ts';
import type { ComputeBuffer, Constants } from '../gpu/compute.ts';
import { fillByMask } from '../gpu/kernels/fillByMask.ts';
import { graftWeights } from '../gpu/kernels/graftWeights.ts';
import { logitStep } from '../gpu/kernels/logitStep.ts';
import * as array from '../scope/arraySpecs.ts';
import { largestTensor, scopeSize } from '../scope/masks.ts';
import { ScopeArrays, type Opened } from '../scope/scopeArrays.ts';
import { createKeyMasker, thresholdOfLargest, type KeyBins } from '../scope/select.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes } from '../tensor/release.ts';
import type { LocalizeInput, Workplace } from './contract.ts';
import { createGammaBins } from './gammaBins.ts';
import type { LogitForm } from './localizer.ts';

export type LogitArray = 'base' | 'tau' | 'S' | 'start' | 'sum' | 'best' | 'theta';

/** The arrays of a mask found by logits (Σ g⊙τ for steps of an epoch, and the best S where it is kept), and what works on them. */
export async function createLogitArrays(
  { start: { on, off, share }, flips, step, regulariser, keepBest }: LogitForm,
  { scope, base, masks }: LocalizeInput,
  { tensors, scratch, budgetBytes }: Workplace,
) {
  const { compute } = tensors;
  const reads = array.sharedReads(base);
  const byEpoch = step !== 'batch';
  const specs = {
    base: array.baseValues(reads),
    tau: array.taskVector(reads, masks[0]!.tuned, 0),
    S: array.keptArray,
    start: array.keptBits,
    theta: array.passingArray,
    sum: byEpoch ? array.keptArray : array.noArray,
    best: keepBest ? array.keptArray : array.noArray,
  };
  const arrays = new ScopeArrays<LogitArray>(compute, scope, specs, scratch, budgetBytes);
  const gamma = await createGammaBins(compute);
  const FORM = Number(flips ?? false);
  return {
    arrays,
    gamma,
    /**
     * Marks the positions of largest |τ| in `start` and sets S from them; for flips S is U[0, 1), drawn in position order by
     * mulberry32(seed).
     */
    async start(bins: KeyBins, density: number, seed: number): Promise<void> {
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
      const names = ['tau', 'start', 'S'] as const;
      await arrays.each(names, ['start', 'S'], async ({ tau, start, S }, elements) => {
        await masker.mask(tau, elements, start);
        if (flips) {
          const draws = Float32Array.from({ length: elements }, random);
          compute.write(S, 0, asBytes(draws));
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
    },
    /** Writes θ_pre + γ⊙τ, with ALONE γ itself, into `theta`. */
    writeGraft: (
      { base, tau, S, start, theta }: Opened<'base' | 'tau' | 'S' | 'start' | 'theta'>,
      elements: number,
      constants: Constants = {},
    ) =>
      compute.dispatch({
        kernel: graftWeights,
        constants: { FORM, ...constants },
        buffers: [base, tau, S, start, theta],
        params: new Uint32Array([elements]),
        threads: elements,
      }),
    /** Moves S along x, which is a gradient or, for steps of an epoch, Σ g⊙τ that `factor` scales; counts γ then. */
    moveLogits: (
      { tau, start, S }: Opened<'tau' | 'S' | 'start'>,
      elements: number,
      x: ComputeBuffer,
      { rate, penalty }: { rate: number; penalty: number },
      factor = 1,
    ) => {
      const lambda = regulariser === 'l1' ? penalty : 0;
      const l1 = regulariser === 'away' ? penalty : 0;
      return compute.dispatch({
        kernel: logitStep,
        constants: { FORM, SUMMED: Number(byEpoch) },
        buffers: [x, tau, start, S, gamma.buffer],
        params: new Uint32Array([elements, ...[rate, factor, lambda, l1].map(floatBits)]),
        threads: elements,
      });
    },
  };
}
