import type { ComputeBuffer } from '../gpu/compute.ts';
import { addScaled } from '../gpu/kernels/addScaled.ts';
import * as array from '../scope/arraySpecs.ts';
import { largestTensor } from '../scope/masks.ts';
import { ScopeArrays } from '../scope/scopeArrays.ts';
import {
  createKeyMasker,
  percentile99,
  takeAll,
  thresholdsOfLargest,
  type KeyBins,
} from '../scope/select.ts';
import { floatBits } from '../tensor/float.ts';
import type { LocalizeInput, Workplace } from './contract.ts';

type PerMask = 'tau' | 'S' | 'v' | 'mask';

/** Arrays of masks found by rank: of all together, and τ, scores S, momentum v and bits of mask number `u`. */
export type RankArray = 'base' | 'owners' | 'theta' | `${PerMask}${number}`;

/** Masks at work. */
export interface Ranks {
  arrays: ScopeArrays<RankArray>;
  all: readonly number[];
  /** Those that are not fixed. */
  learned: readonly number[];
  /** Positions that each mask holds. */
  counts: readonly number[];
  bins: readonly KeyBins[];
}

/** The names of such arrays of masks `numbers`. */
export const namesOf = (numbers: readonly number[], ...kinds: PerMask[]) =>
  kinds.flatMap((kind) => numbers.map((u): RankArray => `${kind}${u}`));

/** The arrays; masks that are fixed have no scores and no momentum. */
export function createRankArrays(
  { scope, base, masks }: LocalizeInput,
  { tensors, scratch, budgetBytes }: Workplace,
): ScopeArrays<RankArray> {
  const reads = array.sharedReads(base);
  const specs: Record<RankArray, array.ArraySpec> = {
    base: array.baseValues(reads),
    owners: array.passingArray,
    theta: array.passingArray,
  };
  for (const [u, { tuned, fixed }] of masks.entries()) {
    specs[`tau${u}`] = array.taskVector(reads, tuned, u);
    specs[`mask${u}`] = array.keptBits;
    specs[`S${u}`] = fixed ? array.noArray : array.keptArray;
    specs[`v${u}`] = fixed ? array.noArray : array.keptArray;
  }
  return new ScopeArrays<RankArray>(tensors.compute, scope, specs, scratch, budgetBytes);
}

const rate = 0.05;

/** S = |τ| / its 99th percentile; its high bits are counted for `selectMasks`. */
export async function startScores({ arrays, learned, bins }: Ranks): Promise<void> {
  for (const u of learned) {
    await arrays.each([`tau${u}`], [], (buffers, elements) =>
      bins[u]!.count('magnitude', elements, buffers[`tau${u}`]!),
    );
    const q = percentile99(await bins[u]!.take());
    await arrays.each([`tau${u}`, `S${u}`], [`S${u}`], async (buffers, elements) => {
      const S = buffers[`S${u}`]!;
      await add(arrays, buffers[`tau${u}`]!, S, elements, 1 / q, { ABS: 1 });
      await bins[u]!.count('signed', elements, S);
    });
  }
}

/** S ← S − rate·v / the 99th percentile of |v|, whose high bits are counted already; those of S are then. */
export async function moveScores({ arrays, learned, bins }: Ranks): Promise<void> {
  const sizes = await takeAll(learned.map((u) => bins[u]!));
  const steps = sizes.map((each) => -rate / percentile99(each));
  const names = namesOf(learned, 'S', 'v');
  await arrays.each(names, namesOf(learned, 'S'), async (buffers, elements) => {
    for (const [i, u] of learned.entries()) {
      const S = buffers[`S${u}`]!;
      await add(arrays, buffers[`v${u}`]!, S, elements, steps[i]!);
      await bins[u]!.count('signed', elements, S);
    }
  });
}

/** y ← y + scale·x */
function add(
  { compute }: ScopeArrays<RankArray>,
  x: ComputeBuffer,
  y: ComputeBuffer,
  elements: number,
  scale: number,
  constants = {},
): Promise<void> {
  return compute.dispatch({
    kernel: addScaled,
    constants,
    buffers: [x, y],
    params: new Uint32Array([elements, floatBits(scale)]),
    threads: elements,
  });
}

/** Sets every learned mask to the exact top-k of its scores, whose high bits are counted already. */
export async function selectMasks({ arrays, learned, counts, bins }: Ranks): Promise<void> {
  const { compute, scope } = arrays;
  const scores = namesOf(learned, 'S');
  const masks = namesOf(learned, 'mask');
  const thresholds = await thresholdsOfLargest(
    learned.map((u) => ({ kind: 'signed', count: counts[u]!, bins: bins[u]! })),
    (count) =>
      arrays.each(scores, [], async (buffers, elements) => {
        for (const [i, u] of learned.entries()) await count(i, buffers[`S${u}`]!, elements);
      }),
    true,
  );
  const most = largestTensor(scope);
  const maskers = await Promise.all(
    thresholds.map((each) => createKeyMasker(compute, 'signed', each, most)),
  );
  await arrays.each([...scores, ...masks], masks, async (buffers, elements) => {
    for (const [i, u] of learned.entries()) {
      const [S, mask] = [buffers[`S${u}`]!, buffers[`mask${u}`]!];
      await maskers[i]!.mask(S, elements, mask);
    }
  });
  maskers.forEach((masker) => masker.free());
}
