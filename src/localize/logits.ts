import { AppError } from '../errors.ts';
import type { Compute, ComputeBuffer, Constants } from '../gpu/compute.ts';
import { accumulate } from '../gpu/kernels/accumulate.ts';
import { graftWeights } from '../gpu/kernels/graftWeights.ts';
import { keyKinds, keyOfBits } from '../gpu/kernels/keyHistogram.ts';
import { gammaBins, logitStep } from '../gpu/kernels/logitStep.ts';
import { lossAndGradients } from '../models/blockwise.ts';
import { floatBits } from '../tensor/float.ts';
import * as array from '../scope/arraySpecs.ts';
import { ScopeArrays, type Opened } from '../scope/scopeArrays.ts';
import type { LocalizeInput, Workplace } from './contract.ts';
import type { LogitForm } from './localizer.ts';
import { startLogits, type LogitArray } from './logitStart.ts';
import { collectValues, maskAbove, scopeSize } from '../scope/masks.ts';
import { createScopeSource } from '../scope/scopeSource.ts';
import type { Optimiser } from './optimise.ts';
import { epochBatches } from '../data/batches.ts';
import { KeyBins, percentile99, thresholdOfLargest, type EachArray } from '../scope/select.ts';

/** Batches over which gradients are sized before a scaled start. */
const sizingBatches = 8;

/** Mask logits by plain SGD (ARCHITECTURE.md, Masks by gradient: paper, reference, grafting, scaled). */
export async function createLogitOptimiser(
  form: LogitForm,
  input: LocalizeInput,
  host: Workplace,
): Promise<Optimiser<LogitArray>> {
  const { compute } = host.tensors;
  const { settings, scope, base } = input;
  const [request] = input.masks;
  const train = request?.task.train;
  if (!request || !train) throw new AppError('Bug', 'A mask and its examples are needed.');
  const byEpoch = form.stepPer === 'epoch';
  const wanted = Math.floor(request.density * scopeSize(scope));
  const batches = epochBatches([train.size], settings.batchSize, 0, settings.seed);
  const reads = array.sharedReads(base);
  const arrays = new ScopeArrays<LogitArray>(
    compute,
    scope,
    {
      base: array.baseValues(reads),
      tau: array.taskVector(reads, request.tuned, 0),
      S: array.keptArray,
      start: array.keptBits,
      theta: array.passingArray,
      ...(byEpoch ? { sum: array.keptArray } : { sum: array.noArray }),
      ...(form.keepBest ? { best: array.keptArray } : { best: array.noArray }),
    },
    host.scratch,
    host.budgetBytes,
  );
  const bins = await KeyBins.create(compute);
  const gamma = await createGammaBins(compute);
  const numbers = { rate: settings.learningRate, penalty: settings.l1, bestLoss: Infinity };
  const FORM = form.flips ? 1 : 0;
  let sizing = false;

  const weights = async (
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
    });

  const step = (
    { tau, start, S }: Opened<'tau' | 'S' | 'start'>,
    elements: number,
    x: ComputeBuffer,
    constants: Constants,
    factor: number,
  ) => {
    const { rate, penalty } = numbers;
    const [lambda, l1] = form.regulariser === 'away' ? [0, penalty] : [penalty, 0];
    const floats = [rate, factor, form.regulariser === 'none' ? 0 : lambda, l1];
    return compute.dispatch({
      kernel: logitStep,
      constants: { FORM, ...constants },
      buffers: [x, tau, start, S, gamma.buffer],
      params: new Uint32Array([elements, ...floats.map(floatBits)]),
      threads: elements,
    });
  };

  const masked = createScopeSource<LogitArray>(
    host.tensors,
    {
      arrays,
      names: ['base', 'tau', 'S', 'start', 'theta'],
      taken: byEpoch ? ['sum'] : [],
      changed: byEpoch ? ['sum'] : ['S'],
      write: (buffers, elements) => weights(buffers, elements),
      async take(gradient, buffers, elements) {
        if (sizing) return bins.count('product', elements, gradient, buffers.tau);
        if (!byEpoch) return step(buffers, elements, gradient, {}, 1);
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
    const { tf } = host.tensors;
    const { blocks, loss } = request!.task;
    sizing = true;
    for (const { rows } of batches.slice(0, sizingBatches)) {
      const batch = await train!.batch(tf, rows);
      await lossAndGradients(tf, host.segments(blocks), loss, batch, masked.source, masked.consume);
      Object.values(batch).forEach((tensor) => tensor?.dispose());
    }
    sizing = false;
    return percentile99(await bins.take());
  }

  /** What ranks positions at the end: S, or γ where a start is flipped. */
  const ranked: EachArray = (work) => {
    const from = form.keepBest ? 'best' : 'S';
    return arrays.each(
      ['base', 'tau', from, 'start', 'theta'],
      [],
      async (buffers, elements, t) => {
        if (!form.flips) return work(buffers[from], elements, t);
        await weights({ ...buffers, S: buffers[from] }, elements, { ALONE: 1 });
        await work(buffers.theta, elements, t);
      },
    );
  };

  return {
    arrays,
    kept: [
      'S',
      'start',
      ...(form.keepBest ? (['best'] as const) : []),
      ...(byEpoch ? (['sum'] as const) : []),
    ],
    numbers,
    notes: gamma.notes,
    source: () => masked,
    async start() {
      if (form.rate === 'scaled') {
        const q = await sizeGradients();
        numbers.rate /= q;
        numbers.penalty *= q;
      }
      await startLogits(form, arrays, bins, request.density, settings.seed);
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
        const factor = form.reduce === 'mean' ? 1 / batches.length : 1;
        await arrays.each(['tau', 'S', 'start', 'sum'], ['S', 'sum'], async (buffers, elements) => {
          await step(buffers, elements, buffers.sum, { SUMMED: 1 }, factor);
          compute.clear(buffers.sum);
        });
      }
      await gamma.read();
    },
    live: () => gamma.live,
    async masks() {
      const half = keyOfBits(floatBits(form.flips ? 0.5 : 0), keyKinds.signed);
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

/** Positions by γ after each step, and what that says of the mask. */
async function createGammaBins(compute: Compute) {
  const buffer = await compute.buffer(gammaBins * 4);
  const notes: string[] = [];
  const live = { density: 0, histogram: new Array<number>(gammaBins).fill(0) };
  return {
    buffer,
    notes,
    live,
    async read(): Promise<void> {
      const [words] = await compute.read([{ buffer, bytes: gammaBins * 4 }]);
      compute.clear(buffer);
      live.histogram = [...words!];
      const sum = (bins: number[]) => bins.reduce((a, b) => a + b, 0);
      live.density = sum(live.histogram.slice(gammaBins / 2)) / Math.max(1, sum(live.histogram));
      notes.length = 0;
      if (live.density === 0)
        notes.push(
          'The mask is empty: no position has σ(S) > ½. Try a smaller learning rate or penalty.',
        );
      if (live.density > 0.99)
        notes.push(
          'The mask is full: nearly every position has σ(S) > ½. Try a smaller learning rate.',
        );
    },
    free: () => compute.free(buffer),
  };
}
