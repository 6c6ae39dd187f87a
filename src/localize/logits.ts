import { bug } from '../errors.ts';
import { epochBatches } from '../data/batches.ts';
import { accumulate } from '../gpu/kernels/accumulate.ts';
import { keyKinds, keyOfBits } from '../gpu/kernels/keyHistogram.ts';
import { lossOfRows } from '../models/task.ts';
import { collectValues, maskAbove, scopeSize } from '../scope/masks.ts';
import { createScopeSource } from '../scope/scopeSource.ts';
import { KeyBins, percentile99, thresholdOfLargest, type EachArray } from '../scope/select.ts';
import { floatBits } from '../tensor/float.ts';
import type { LocalizeInput, Workplace } from './contract.ts';
import { createLogitArrays, type LogitArray } from './logitArrays.ts';
import type { LogitForm } from './localizer.ts';
import type { Optimiser } from './optimise.ts';

/** Batches over which gradients are sized before a scaled start. */
const sizingBatches = 8;

/** Mask logits by plain SGD (ARCHITECTURE.md, Masks by gradient: paper, reference, grafting, scaled). */
export async function createLogitOptimiser(
  form: LogitForm,
  input: LocalizeInput,
  host: Workplace,
): Promise<Optimiser<LogitArray>> {
  const { compute, tf } = host.tensors;
  const { settings, scope } = input;
  const [request] = input.masks;
  const train = request?.task.train;
  if (!request || !train) throw bug('A mask and its examples are needed.');
  const byEpoch = form.step !== 'batch';
  const batches = epochBatches([train.size], settings.batchSize, 0, settings.seed);
  const logits = await createLogitArrays(form, input, host);
  const { arrays, gamma, writeGraft, moveLogits } = logits;
  const bins = await KeyBins.create(compute);
  const numbers = { rate: settings.learningRate, penalty: settings.l1, bestLoss: Infinity };
  let sizing = false;
  const kept: LogitArray[] = ['S', 'start'];
  if (form.keepBest) kept.push('best');
  if (byEpoch) kept.push('sum');

  const masked = createScopeSource<LogitArray>(
    host.tensors,
    {
      arrays,
      names: ['base', 'tau', 'S', 'start', 'theta'],
      taken: byEpoch ? ['sum'] : [],
      changed: byEpoch ? ['sum'] : ['S'],
      write: (buffers, elements) => writeGraft(buffers, elements),
      async take(gradient, buffers, elements) {
        if (sizing) return bins.count('product', elements, gradient, buffers.tau);
        if (!byEpoch) return moveLogits(buffers, elements, gradient, numbers);
        await compute.dispatch({
          kernel: accumulate,
          buffers: [gradient, buffers.tau, buffers.tau, buffers.sum],
          params: new Uint32Array([elements, floatBits(1)]),
          threads: elements,
        });
      },
    },
    host.rest(0),
  );

  /** q: 99th percentile of |g⊙τ| at θ_pre + τ/2, where S is 0 everywhere. */
  async function sizeGradients(): Promise<number> {
    const { task } = request!;
    sizing = true;
    for (const { rows } of batches.slice(0, sizingBatches))
      await lossOfRows(tf, task, host.segments(task.blocks), rows, masked);
    sizing = false;
    return percentile99(await bins.take());
  }

  /** What ranks positions at the end: S, or γ where a start is flipped. */
  const ranked: EachArray = (work) => {
    const from = form.keepBest ? 'best' : 'S';
    const names = ['base', 'tau', from, 'start', 'theta'] as const;
    return arrays.each(names, [], async (buffers, elements, t) => {
      if (!form.flips) return work(buffers[from], elements, t);
      await writeGraft({ ...buffers, S: buffers[from] }, elements, { ALONE: 1 });
      await work(buffers.theta, elements, t);
    });
  };

  return {
    arrays,
    kept,
    numbers,
    notes: gamma.notes,
    source: () => masked,
    async start() {
      if (form.scaled) {
        const q = await sizeGradients();
        numbers.rate /= q;
        numbers.penalty *= q;
      }
      await logits.start(bins, request.density, settings.seed);
    },
    async step(epochLoss) {
      if (epochLoss !== null && form.keepBest && epochLoss < numbers.bestLoss) {
        numbers.bestLoss = epochLoss;
        await arrays.each(['S', 'best'], ['best'], async ({ S, best }, elements) =>
          compute.copy(S, best, elements * 4),
        );
      }
      if (byEpoch && epochLoss === null) return;
      if (byEpoch) {
        const factor = form.step === 'epoch mean' ? 1 / batches.length : 1;
        await arrays.each(['tau', 'S', 'start', 'sum'], ['S', 'sum'], async (buffers, elements) => {
          await moveLogits(buffers, elements, buffers.sum, numbers, factor);
          compute.clear(buffers.sum);
        });
      }
      await gamma.read();
    },
    live: () => gamma.live,
    async masks() {
      const half = keyOfBits(floatBits(form.flips ? 0.5 : 0), keyKinds.signed);
      const wanted = Math.floor(request.density * scopeSize(scope));
      const threshold =
        input.budget === 'free'
          ? { key: half, ties: 0 }
          : await thresholdOfLargest(ranked, 'signed', wanted, bins);
      return [await maskAbove(compute, scope, ranked, 'signed', threshold)];
    },
    scores: async () => [await collectValues(compute, scope, ranked)],
    async dispose() {
      bins.free();
      gamma.free();
      await arrays.dispose();
    },
  };
}
