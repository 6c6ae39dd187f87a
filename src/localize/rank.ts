import { AppError } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { accumulate } from '../gpu/kernels/accumulate.ts';
import { addScaled } from '../gpu/kernels/addScaled.ts';
import { stitchWeights } from '../gpu/kernels/stitchWeights.ts';
import { asBytes } from '../tensor/release.ts';
import { floatBits } from '../tensor/float.ts';
import * as array from '../scope/arraySpecs.ts';
import { ScopeArrays } from '../scope/scopeArrays.ts';
import type { LocalizeInput, Workplace } from './contract.ts';
import type { RankForm } from './localizer.ts';
import { collectMask, collectValues, largestTensor, scopeSize } from '../scope/masks.ts';
import { createScopeSource, type EffectiveWeights } from '../scope/scopeSource.ts';
import type { Optimiser } from './optimise.ts';
import {
  createKeyMasker,
  KeyBins,
  percentile99,
  takeAll,
  thresholdsOfLargest,
} from '../scope/select.ts';

/** The buffer of one mask's array. */
const of = (buffers: Partial<Record<RankArray, ComputeBuffer>>, kind: PerMask, u: number) =>
  buffers[`${kind}${u}`]!;

type PerMask = 'tau' | 'S' | 'v' | 'mask';
export type RankArray = 'base' | 'owners' | 'theta' | `${PerMask}${number}`;

/**
 * Rank scores by straight-through steps, one mask or several against their stitched model (ARCHITECTURE.md, Masks by gradient:
 * hard, joint).
 */
export async function createRankOptimiser(
  { rate, momentum }: RankForm,
  input: LocalizeInput,
  host: Workplace,
): Promise<Optimiser<RankArray>> {
  const { compute } = host.tensors;
  const { scope, base, masks } = input;
  const all = masks.map((_, u) => u);
  const learned = all.filter((u) => !masks[u]?.fixed);
  if (learned.length === 0) throw new AppError('Bug', 'Every mask is fixed already.');
  const size = scopeSize(scope);
  const counts = masks.map(({ density }) => Math.floor(density * size));
  const reads = array.sharedReads(base);
  const specs: Record<RankArray, array.ArraySpec> = {
    base: array.baseValues(reads),
    owners: array.passingArray,
    theta: array.passingArray,
  };
  for (const u of all) {
    specs[`tau${u}`] = array.taskVector(reads, masks[u]!.tuned, u);
    specs[`mask${u}`] = array.keptBits;
    specs[`S${u}`] = masks[u]?.fixed ? array.noArray : array.keptArray;
    specs[`v${u}`] = masks[u]?.fixed ? array.noArray : array.keptArray;
  }
  const arrays = new ScopeArrays<RankArray>(compute, scope, specs, host.scratch, host.budgetBytes);
  const bins = await Promise.all(all.map(() => KeyBins.create(compute)));
  const names = (...kinds: PerMask[]) =>
    kinds.flatMap((kind) =>
      (kind === 'S' || kind === 'v' ? learned : all).map((u): RankArray => `${kind}${u}`),
    );
  const learnedMasks = learned.map((u): RankArray => `mask${u}`);

  const scale = (x: ComputeBuffer, y: ComputeBuffer, elements: number, by: number, ABS = 0) =>
    compute.dispatch({
      kernel: addScaled,
      constants: { ABS },
      buffers: [x, y],
      params: new Uint32Array([elements, floatBits(by)]),
      threads: elements,
    });

  /** Sets every learned mask to the exact top-k of its scores, whose high bits are counted already. */
  async function selectMasks(): Promise<void> {
    const rankings = learned.map((u) => ({
      kind: 'signed' as const,
      count: counts[u]!,
      bins: bins[u]!,
    }));
    const thresholds = await thresholdsOfLargest(
      rankings,
      (count) =>
        arrays.each(names('S'), [], async (buffers, elements) => {
          for (const [i, u] of learned.entries()) await count(i, of(buffers, 'S', u), elements);
        }),
      true,
    );
    const most = largestTensor(scope);
    const maskers = await Promise.all(
      thresholds.map((each) => createKeyMasker(compute, 'signed', each, most)),
    );
    await arrays.each([...names('S'), ...learnedMasks], learnedMasks, async (buffers, elements) => {
      for (const [i, u] of learned.entries())
        await maskers[i]!.mask(of(buffers, 'S', u), elements, of(buffers, 'mask', u));
    });
    maskers.forEach((masker) => masker.free());
  }

  const weights: EffectiveWeights<RankArray> = {
    arrays,
    names: ['base', 'owners', 'theta', ...names('tau', 'mask')],
    taken: names('v'),
    changed: names('v'),
    async write(buffers, elements) {
      for (const u of all)
        await compute.dispatch({
          kernel: stitchWeights,
          constants: { FIRST: Number(u === 0), LAST: Number(u === all.length - 1) },
          buffers: [
            buffers.base,
            of(buffers, 'tau', u),
            of(buffers, 'mask', u),
            of(buffers, 'tau', u),
            buffers.owners,
            buffers.theta,
          ],
          params: new Uint32Array([elements, floatBits(1)]),
          threads: elements,
        });
    },
    async take(gradient, buffers, elements) {
      for (const u of learned) {
        await compute.dispatch({
          kernel: accumulate,
          constants: { OWNERS: 1 },
          buffers: [gradient, of(buffers, 'tau', u), buffers.owners, of(buffers, 'v', u)],
          params: new Uint32Array([elements, floatBits(momentum)]),
          threads: elements,
        });
        await bins[u]!.count('magnitude', elements, of(buffers, 'v', u));
      }
    },
  };
  const sources = all.map((task) => createScopeSource(host.tensors, weights, host.rest(task)));

  return {
    arrays,
    kept: names('S', 'v', 'mask'),
    numbers: {},
    notes: [],
    source: (task) => sources[task]!,
    async start() {
      for (const u of learned) {
        await arrays.each([`tau${u}`], [], (buffers, elements) =>
          bins[u]!.count('magnitude', elements, of(buffers, 'tau', u)),
        );
        const q = percentile99(await bins[u]!.take());
        await arrays.each([`tau${u}`, `S${u}`], [`S${u}`], async (buffers, elements) => {
          await scale(of(buffers, 'tau', u), of(buffers, 'S', u), elements, 1 / q, 1);
          await bins[u]!.count('signed', elements, of(buffers, 'S', u));
        });
      }
      for (const u of all) {
        const { fixed } = masks[u]!;
        if (!fixed) continue;
        for (const [t, { base }] of scope.entries()) {
          const words = fixed.get(base.name);
          if (words) await arrays.fill(t, `mask${u}`, asBytes(new Uint32Array(words)));
        }
      }
      await selectMasks();
    },
    async step() {
      const sizes = await takeAll(learned.map((u) => bins[u]!));
      const steps: number[] = [];
      learned.forEach((u, i) => (steps[u] = -rate / percentile99(sizes[i]!)));
      await arrays.each(names('S', 'v'), names('S'), async (buffers, elements) => {
        for (const u of learned) {
          await scale(of(buffers, 'v', u), of(buffers, 'S', u), elements, steps[u]!);
          await bins[u]!.count('signed', elements, of(buffers, 'S', u));
        }
      });
      await selectMasks();
    },
    live: () => ({
      density: counts.reduce((a, b) => a + b, 0) / (size * counts.length),
      histogram: [],
    }),
    async masks() {
      const found = [];
      for (const u of all)
        found.push(
          await collectMask(compute, scope, (work) =>
            arrays.each([`mask${u}`], [], (buffers, elements, t) =>
              work(of(buffers, 'mask', u), elements, t),
            ),
          ),
        );
      return found;
    },
    async scores() {
      const found = [];
      for (const u of learned)
        found.push(
          await collectValues(compute, scope, (work) =>
            arrays.each([`S${u}`], [], (buffers, elements, t) =>
              work(of(buffers, 'S', u), elements, t),
            ),
          ),
        );
      return found;
    },
    async dispose() {
      bins.forEach((each) => each.free());
      await arrays.dispose();
    },
  };
}
