import type { ComputeBuffer } from '../gpu/compute.ts';
import { addScaled } from '../gpu/kernels/addScaled.ts';
import { largestTensor } from '../scope/masks.ts';
import type { ScopeArrays } from '../scope/scopeArrays.ts';
import { createKeyMasker, percentile99, takeAll, thresholdsOfLargest } from '../scope/select.ts';
import { floatBits } from '../tensor/float.ts';
import { namesOf, type RankArray, type Ranks } from './rankArrays.ts';

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
