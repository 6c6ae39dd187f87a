import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMasks, addTally, emptyTally } from '../analysis/maskTally.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Compute } from '../gpu/compute.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { bitsFloat, f16ToF32Bits } from '../tensor/float.ts';
import type { DType } from '../tensor/dtype.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import goldenCases from './goldens/cases.json';
import type { CheckpointHeader } from './fitModel.ts';
import { methodOf } from './methods/registry.ts';
import { planMerge, type MergePlan } from './plan.ts';
import { planTensors } from './preflight.ts';
import { freshJournal, type MergeJournal } from './journal.ts';
import type { MergePart } from './mergeChunks.ts';
import { runMerge } from './runMerge.ts';

// The goldens come from scripts/goldens.py, an independent implementation in numpy.

const urls = import.meta.glob<string>('./goldens/**/*.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
});

interface Opened extends CheckpointHeader, TensorReader {
  bytes: Uint8Array<ArrayBuffer>;
}

/** Words by tensor name. */
type Mask = ReadonlyMap<string, Uint32Array>;

interface Stats {
  parameters: { total: number; scope: number; changed: number };
  kept: number[];
  intersections: number[];
  owners: number[];
}

async function open(set: string, name: string): Promise<Opened> {
  const response = await fetch(urls[`./goldens/${set}/${name}.safetensors`]!);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  const { tensors, metadata } = await readSafetensorsHeader(source, 0);
  const files = [{ name: source.path, bytes: bytes.length }];
  return {
    ...{ name, bytes, architecture: 'roberta', index: { files, tensors, metadata } },
    async read(tensor, start, end) {
      return bytes.slice(tensor.start + start, tensor.start + end);
    },
  };
}

async function merge(
  set: string,
  recipe: Recipe,
  compute: Compute,
  elementsPerChunk: number,
  { cutAfter = Infinity, masks = [] }: { cutAfter?: number; masks?: (Mask | null)[] } = {},
) {
  const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const inputs = await Promise.all(names.map((name) => open(set, name)));
  const method = methodOf(recipe.merge_method)!;
  const [base, ...models] = inputs;
  const tensors = planTensors(base!, models, recipe.scope ?? method.defaultScope);
  const masked = masks.map((mask) => mask !== null);
  const plan = planMerge(tensors, recipe, method, elementsPerChunk, masked);
  const parts: MergePart[] = [];
  let journal = freshJournal;
  const attempt = async (most: number) => {
    const cut = new AbortController();
    let done = 0;
    const host = {
      ...{ compute, readers: inputs, signal: cut.signal },
      async maskWords(m: number, { name }: { name: string }, from: number, to: number) {
        return masks[m]!.get(name)!.subarray(from, to);
      },
      onProgress(stage: string) {
        if (stage === 'Merging' && ++done >= most) cut.abort();
      },
      async save(saved: MergePart[], reached: MergeJournal) {
        parts.push(...saved);
        journal = reached;
      },
    };
    journal = await runMerge(plan, host, journal);
  };
  if (cutAfter < Infinity)
    await expect(attempt(cutAfter)).rejects.toMatchObject({ kind: 'Cancelled' });
  const reached = journal.nextChunk;
  await attempt(Infinity);
  expect(parts.map(({ number }) => number)).toEqual(plan.chunks.map((_, i) => i));
  return { plan, parts, base: base!, reached };
}

/** Values of bytes, any NaN as one string, F64 and all other dtypes by their bits. */
function comparable(dtype: DType, bytes: Uint8Array<ArrayBuffer>): (string | number | bigint)[] {
  const { buffer } = bytes.slice();
  const decode: Partial<Record<DType, () => (string | number | bigint)[]>> = {
    F32: () => [...new Uint32Array(buffer)].map((x) => (isNaN(bitsFloat(x)) ? 'NaN' : x)),
    BF16: () => [...new Uint16Array(buffer)].map((x) => (isNaN(bitsFloat(x << 16)) ? 'NaN' : x)),
    F16: () =>
      [...new Uint16Array(buffer)].map((x) => (isNaN(bitsFloat(f16ToF32Bits(x))) ? 'NaN' : x)),
    F64: () =>
      [...new BigUint64Array(buffer)].map((x, i) =>
        isNaN(new Float64Array(buffer)[i]!) ? 'NaN' : x,
      ),
  };
  return (decode[dtype] ?? (() => [...bytes]))();
}

interface Merged {
  plan: MergePlan;
  parts: MergePart[];
  base: Opened;
}

/** Where a merge differs from a golden file. */
async function differences({ plan, parts, base }: Merged, expected: Opened): Promise<string[]> {
  const wrong: string[] = [];
  for (const { planned, dtype, firstPart, endPart } of plan.outputs) {
    const { name, start, end } = planned.tensor;
    const pieces = parts.slice(firstPart, endPart).map(({ out }) => out);
    const copied = [base.bytes.slice(start, end)];
    const blob = new Blob(firstPart === endPart ? copied : pieces);
    const actual = comparable(dtype, new Uint8Array(await blob.arrayBuffer()));
    const info = expected.index.tensors.find((tensor) => tensor.name === name)!;
    expect(info.dtype).toBe(dtype);
    const wanted = comparable(dtype, expected.bytes.slice(info.start, info.end));
    expect(actual.length).toBe(wanted.length);
    actual.forEach((value, k) => {
      if (value !== wanted[k]) wrong.push(`${name}[${k}]: ${value} for ${wanted[k]}`);
    });
  }
  return wrong;
}

/** The mask of each model by tensor name, from the parts of a merge. */
function masksOf({ plan, parts }: Merged): Mask[] {
  return plan.weights.map((_, m) => {
    const mask = new Map<string, Uint32Array>();
    for (const { planned, firstPart, endPart } of plan.outputs) {
      if (planned.fate !== 'merged') continue;
      const rows = parts.slice(firstPart, endPart).map(({ number, mask }) => {
        const length = Math.ceil(plan.chunks[number]!.elements / 32);
        return [...new Uint32Array(mask!.buffer).subarray(m * length, (m + 1) * length)];
      });
      mask.set(planned.tensor.name, Uint32Array.from(rows.flat()));
    }
    return mask;
  });
}

function tally(plan: MergePlan, parts: MergePart[]) {
  const sum = emptyTally(plan.models);
  for (const { number, mask } of parts) {
    if (!mask) continue;
    const one = emptyTally(plan.models);
    addMasks(one, new Uint32Array(mask.buffer), plan.chunks[number]!.elements);
    addTally(sum, one);
  }
  return sum;
}

let gpu: Awaited<ReturnType<typeof requestWebGpu>>;
beforeAll(async () => {
  gpu = await requestWebGpu();
});
afterAll(() => expect(gpu.liveBuffers).toBe(0));

const cases = goldenCases as { set: string; case: string; recipe: Recipe; stats: Stats }[];

const stitches = cases.filter(({ recipe }) => recipe.merge_method === 'localize_and_stitch');

describe.each(['webgpu', 'cpu'])('on %s', (kind) => {
  test.each(cases)('$set $case equals numpy bit for bit', async (golden) => {
    const compute = kind === 'webgpu' ? gpu : createCpuCompute('test');
    const expected = await open(golden.set, golden.case);
    const merged = await merge(golden.set, golden.recipe, compute, 352);
    const { plan, parts } = merged;
    expect((await differences(merged, expected)).slice(0, 5)).toEqual([]);
    const counted = tally(plan, parts);
    expect(plan.scope).toBe(golden.stats.parameters.scope);
    expect(counted.changed).toBe(golden.stats.parameters.changed);
    if (plan.method.mask !== 'density') return;
    expect(counted.kept).toEqual(golden.stats.kept);
    expect(counted.intersections).toEqual(golden.stats.intersections);
    expect(counted.owners).toEqual(golden.stats.owners);
  });

  test.each(stitches)('$set $case comes out equal from masks that are given', async (golden) => {
    const compute = kind === 'webgpu' ? gpu : createCpuCompute('test');
    const expected = await open(golden.set, golden.case);
    const found = masksOf(await merge(golden.set, golden.recipe, compute, 352));
    const models = golden.recipe.models.map((model) => ({
      ...model,
      parameters: { ...model.parameters, density: 0 },
    }));
    const all = await merge(golden.set, { ...golden.recipe, models }, compute, 96, {
      masks: found,
    });
    expect((await differences(all, expected)).slice(0, 5)).toEqual([]);
    const [first = null, second = null] = found;
    const masks = [first, second, null];
    const [a, b, c] = models;
    const some = { ...golden.recipe, models: [a!, b!, golden.recipe.models[2] ?? c!] };
    const mixed = await merge(golden.set, some, compute, 352, { masks });
    expect((await differences(mixed, expected)).slice(0, 5)).toEqual([]);
    expect(tally(mixed.plan, mixed.parts).kept).toEqual(golden.stats.kept);
  });

  test.each(['localize_and_stitch.base', 'ties.base'])(
    '%s goes on as if never cut',
    async (name) => {
      const compute = kind === 'webgpu' ? gpu : createCpuCompute('test');
      const { recipe } = cases.find((each) => each.set === 'equal-steps' && each.case === name)!;
      const whole = await merge('equal-steps', recipe, compute, 32);
      for (const cutAfter of [1, 4]) {
        const resumed = await merge('equal-steps', recipe, compute, 32, { cutAfter });
        expect(resumed.reached).toBeGreaterThanOrEqual(cutAfter);
        expect(resumed.reached).toBeLessThan(whole.parts.length);
        expect(resumed.parts).toEqual(whole.parts);
      }
    },
  );
});
