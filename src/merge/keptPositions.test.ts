import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { memoryScratch } from '../scope/scopeArrays.ts';
import { readF32 } from '../models/readF32.ts';
import { chunkBytes } from './chunkInputs.ts';
import { cases, open, type ReadGolden } from '../test/goldenMerge.ts';
import { freshJournal, type MergeJournal } from './journal.ts';
import { keptPositions } from './keptPositions.ts';
import type { MergePart } from './mergeChunks.ts';
import { runMerge, type MergeHost } from './runMerge.ts';
import { adaMergingPlusPlus } from './methods/adaMergingPlusPlus/adaMergingPlusPlus.ts';
import { planMerge } from './plan.ts';
import type { Chunk } from './chunk.ts';
import { planTensors } from './preflight.ts';

const read: ReadGolden = async (set, name) =>
  new Uint8Array(await readFile(new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url)));

const goldens = [
  ['f32', 'ties.base'],
  ['bf16', 'ties.float32'],
  ['mixed', 'ties.float32'],
] as const;

const { fround } = Math;

const bytesOf = (chunks: readonly Chunk[]) =>
  chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);

describe.each(goldens)('the positions kept of %s', (set, name) => {
  it('make the TIES of numpy, and the merge by factors', async () => {
    const { recipe } = cases.find((each) => each.set === set && each.case === name)!;
    const all = ['base', 'a', 'b', 'c', name].map((each) => open(read, set, each));
    const [base, ...others] = await Promise.all(all);
    const [models, numpy] = [others.slice(0, 3), others[3]!];
    const planned = planTensors(base!, models, recipe.scope!);
    const plan = planMerge(
      ...([planned, { ...recipe, out_dtype: 'float32' }, adaMergingPlusPlus, 352] as const),
    );
    const parts: MergePart[] = [];
    let journal: MergeJournal = freshJournal;
    const compute = createCpuCompute('test');
    const host: MergeHost = {
      ...{ compute, readers: [base!, ...models], signal: new AbortController().signal },
      onProgress: () => undefined,
      async save(saved, reached) {
        parts.push(...saved);
        journal = reached;
      },
    };
    const kept = await keptPositions(plan, host, journal, memoryScratch());
    const [{ bytesRead, thresholds }, factors] = [journal, [0.5, 0, 0.75]];
    const merged = plan.outputs.filter((output) => output.planned.fate === 'merged');
    const weights = merged.map(() => factors);
    const last = await runMerge(plan, host, { ...journal, weights });
    expect(last.thresholds).toBe(thresholds);
    // Twice for the thresholds, once for the signs.
    expect(bytesRead).toBe(
      3 * bytesOf(plan.chunks.filter(({ tensor }) => tensor.fate === 'merged')),
    );
    expect(last.bytesRead - bytesRead).toBe(bytesOf(plan.chunks));
    expect(compute.liveBuffers).toBe(0);

    for (const { planned, firstPart, endPart } of merged) {
      const from = await readF32(base!, planned.tensor);
      const reading = models.map((model, m) => readF32(model, planned.models[m]!));
      const taus = (await Promise.all(reading)).map((to) => to.map((x, k) => x - from[k]!));
      const bits = await Promise.all(taus.map((_, m) => kept(m, planned.tensor)));
      const ties = from.slice();
      const summed = from.slice();
      from.forEach((x, k) => {
        const held = taus.flatMap((_, m) => ((bits[m]![k >>> 5]! >>> (k & 31)) & 1 ? [m] : []));
        if (held.length === 0) return;
        const sum = held.map((m) => taus[m]![k]!).reduce((a, b) => fround(a + b));
        ties[k] = x + fround(sum / held.length);
        const terms = held.filter((m) => factors[m]).map((m) => fround(factors[m]! * taus[m]![k]!));
        if (terms.length > 0) summed[k] = x + terms.reduce((a, b) => fround(a + b));
      });
      const info = numpy.index.tensors.find((each) => each.name === planned.tensor.name)!;
      expect([...ties]).toEqual([...(await readF32(numpy, info))]);
      const own = parts.filter(({ number }) => number >= firstPart && number < endPart);
      const bytes = await new Blob(own.map(({ out }) => out)).arrayBuffer();
      expect([...new Float32Array(bytes)]).toEqual([...summed]);
    }
  });
});
