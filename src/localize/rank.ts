import { bug } from '../errors.ts';
import { accumulate } from '../gpu/kernels/accumulate.ts';
import { stitchWeights } from '../gpu/kernels/stitchWeights.ts';
import { collectMask, collectValues, scopeSize } from '../scope/masks.ts';
import { createScopeSource, type EffectiveWeights } from '../scope/scopeSource.ts';
import { KeyBins, type EachArray } from '../scope/select.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes } from '../tensor/release.ts';
import type { LocalizeInput, Workplace } from './contract.ts';
import type { Optimiser } from './optimise.ts';
import {
  createRankArrays,
  moveScores,
  namesOf,
  selectMasks,
  startScores,
  type RankArray,
  type Ranks,
} from './rankArrays.ts';

/** Of g⊙τ from batch to batch. */
const momentum = 0.9;

/**
 * Rank scores by straight-through steps, one mask or several against their stitched model (ARCHITECTURE.md, Masks by gradient:
 * hard, joint).
 */
export async function createRankOptimiser(
  input: LocalizeInput,
  host: Workplace,
): Promise<Optimiser<RankArray>> {
  const { compute } = host.tensors;
  const { scope, masks } = input;
  const all = masks.map((_, u) => u);
  const learned = all.filter((u) => !masks[u]?.fixed);
  if (learned.length === 0) throw bug('Every mask is fixed already.');
  const size = scopeSize(scope);
  const counts = masks.map(({ density }) => Math.floor(density * size));
  const arrays = createRankArrays(input, host);
  const bins = await Promise.all(all.map(() => KeyBins.create(compute)));
  const ranks: Ranks = { arrays, all, learned, counts, bins };
  const weights = stitchedWeights(ranks);
  const sources = all.map((task) => createScopeSource(host.tensors, weights, host.rest(task)));
  const each = (name: RankArray): EachArray => {
    return (work) =>
      arrays.each([name], [], (buffers, elements, t) => work(buffers[name]!, elements, t));
  };

  return {
    arrays,
    kept: [...namesOf(learned, 'S', 'v'), ...namesOf(all, 'mask')],
    numbers: {},
    notes: [],
    source: (task) => sources[task]!,
    async start() {
      await startScores(ranks);
      for (const u of all)
        for (const [t, { base }] of scope.entries()) {
          const words = masks[u]!.fixed?.get(base.name);
          if (words) await arrays.fill(t, `mask${u}`, asBytes(new Uint32Array(words)));
        }
      await selectMasks(ranks);
    },
    async step() {
      await moveScores(ranks);
      await selectMasks(ranks);
    },
    live: () => ({
      density: counts.reduce((a, b) => a + b, 0) / (size * counts.length),
      histogram: [],
    }),
    async masks() {
      const found = [];
      for (const u of all) found.push(await collectMask(compute, scope, each(`mask${u}`)));
      return found;
    },
    async scores() {
      const found = [];
      for (const u of learned) found.push(await collectValues(compute, scope, each(`S${u}`)));
      return found;
    },
    async dispose() {
      bins.forEach((each) => each.free());
      await arrays.dispose();
    },
  };
}

/** The model stitched from all masks; each learned one gathers g⊙τ, shared among owners, in its momentum. */
function stitchedWeights({ arrays, all, learned, bins }: Ranks): EffectiveWeights<RankArray> {
  const { compute } = arrays;
  return {
    arrays,
    names: ['base', 'owners', 'theta', ...namesOf(all, 'tau', 'mask')],
    taken: namesOf(learned, 'v'),
    changed: namesOf(learned, 'v'),
    async write(buffers, elements) {
      for (const u of all) {
        const [tau, mask] = [buffers[`tau${u}`]!, buffers[`mask${u}`]!];
        await compute.dispatch({
          kernel: stitchWeights,
          constants: { FIRST: Number(u === 0), LAST: Number(u === all.length - 1) },
          buffers: [buffers.base, tau, mask, buffers.owners, buffers.theta],
          params: new Uint32Array([elements]),
          threads: elements,
        });
      }
    },
    async take(gradient, buffers, elements) {
      for (const u of learned) {
        const v = buffers[`v${u}`]!;
        await compute.dispatch({
          kernel: accumulate,
          constants: { OWNERS: 1 },
          buffers: [gradient, buffers[`tau${u}`]!, buffers.owners, v],
          params: new Uint32Array([elements, floatBits(momentum)]),
          threads: elements,
        });
        await bins[u]!.count('magnitude', elements, v);
      }
    },
  };
}
