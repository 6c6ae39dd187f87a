import { expect } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Compute } from '../gpu/compute.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { bitsFloat, f16ToF32Bits } from '../tensor/float.ts';
import type { DType } from '../tensor/dtype.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import goldenCases from '../merge/goldens/cases.json';
import { inputFloats } from '../merge/chunkInputs.ts';
import { kernelDtype } from '../merge/chunkOutput.ts';
import mergekitGoldens from '../merge/goldens/mergekit/cases.json';
import type { CheckpointHeader } from '../merge/checkpointHeader.ts';
import { mergekitForms, methodFor, methods } from '../merge/methods/registry.ts';
import { planMerge, type MergePlan } from '../merge/plan.ts';
import { planTensors, type PlannedTensor } from '../merge/preflight.ts';
import { freshJournal, type MergeJournal } from '../merge/journal.ts';
import type { MergePart } from '../merge/mergeChunks.ts';
import { runMerge } from '../merge/runMerge.ts';

interface Opened extends CheckpointHeader, TensorReader {
  bytes: Uint8Array<ArrayBuffer>;
}

/** Words by tensor name. */
export type Mask = ReadonlyMap<string, Uint32Array>;

interface Stats {
  parameters: { total: number; scope: number; changed: number };
  kept: number[];
  intersections: number[];
  owners: number[];
}

/** Bytes of a golden file. */
export type ReadGolden = (set: string, name: string) => Promise<Uint8Array<ArrayBuffer>>;

export async function open(read: ReadGolden, set: string, name: string): Promise<Opened> {
  const bytes = await read(set, name);
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

/** `tensors` opens tfjs for the methods that need it. */
export interface MergeOptions {
  cutAfter?: number;
  masks?: (Mask | null)[];
  tensors?: () => Promise<Tensors>;
}

export async function merge(
  read: ReadGolden,
  set: string,
  recipe: Recipe,
  compute: Compute,
  elementsPerChunk: number,
  { cutAfter = Infinity, masks = [], tensors }: MergeOptions = {},
) {
  const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const inputs = await Promise.all(names.map((name) => open(read, set, name)));
  const method = methodFor(recipe)!;
  const [base, ...models] = inputs;
  const planned = planTensors(base!, models, recipe.scope ?? method.defaultScope);
  const masked = masks.map((mask) => mask !== null);
  const plan = planMerge(planned, recipe, method, elementsPerChunk, masked);
  const parts: MergePart[] = [];
  let journal = freshJournal;
  let bytesRead = 0;
  const readers = inputs.map((input) => ({
    async read(...range: Parameters<TensorReader['read']>) {
      const bytes = await input.read(...range);
      bytesRead += bytes.length;
      return bytes;
    },
  }));
  const attempt = async (most: number) => {
    const cut = new AbortController();
    let done = 0;
    const host = {
      ...{ compute, readers, signal: cut.signal, ...(tensors && { tensors }) },
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
  return { plan, parts, base: base!, reached, journal, bytesRead };
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
export async function differences(
  { plan, parts, base }: Merged,
  expected: Opened,
): Promise<string[]> {
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
    const allowed = allowance(plan, planned, copied[0]!, wanted);
    actual.forEach((value, k) => {
      if (!(value === wanted[k] || isNear(value, wanted[k], allowed)))
        wrong.push(`${name}[${k}]: ${value} for ${wanted[k]}`);
    });
  }
  return wrong;
}

type Allowance = [relative: number, absolute: number];

/** How far a tensor's f32 may be from numpy's: what sums in another order come to, or 1e-5 of a matrix's largest |τ|. */
function allowance(
  { method, values }: MergePlan,
  planned: PlannedTensor,
  base: Uint8Array<ArrayBuffer>,
  wanted: readonly unknown[],
): Allowance {
  const { dtype } = planned.tensor;
  const { weigh, weighs = () => true } = method;
  if (method.mask === 'balance') return [1e-5, 1e-6];
  if (weigh && values(planned).some(weighs)) return [1e-5, 1e-6];
  if (!method.matrix) return [0, 0];
  const before = inputFloats({ dtype: kernelDtype(dtype), bytes: base, raw: null });
  const changes = wanted.map((bits, k) => Math.abs(bitsFloat(Number(bits)) - before[k]!));
  return [2 ** -23, 1e-5 * Math.max(...changes)];
}

/** Whether two f32 by their bits are so near. */
function isNear(a: unknown, b: unknown, [relative, absolute]: Allowance): boolean {
  const [x, y] = [bitsFloat(Number(a)), bitsFloat(Number(b))];
  return Math.abs(x - y) <= relative * Math.abs(y) + absolute;
}

const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) =>
  new Uint32Array(buffer, byteOffset, byteLength / 4);

/** The mask of each model by tensor name, from the parts of a merge. */
export function masksOf({ plan, parts }: Merged): Mask[] {
  return plan.weights.map((_, m) => {
    const mask = new Map<string, Uint32Array>();
    for (const { planned, firstPart, endPart } of plan.outputs) {
      if (planned.fate !== 'merged') continue;
      const rows = parts.slice(firstPart, endPart).map(({ number, mask }) => {
        const length = Math.ceil(plan.chunks[number]!.elements / 32);
        return [...wordsOf(mask!).subarray(m * length, (m + 1) * length)];
      });
      mask.set(planned.tensor.name, Uint32Array.from(rows.flat()));
    }
    return mask;
  });
}

/** Counts of a merge's masks, position by position, as numpy counts them. */
export function tally({ models, chunks }: MergePlan, parts: readonly MergePart[]) {
  const kept = new Array<number>(models).fill(0);
  const intersections = new Array<number>(models * models).fill(0);
  const owners = new Array<number>(models + 1).fill(0);
  let changed = 0;
  for (const { number, mask } of parts) {
    if (!mask) continue;
    const words = wordsOf(mask);
    const { elements } = chunks[number]!;
    const length = Math.ceil(elements / 32);
    for (let k = 0; k < elements; k++) {
      const bit = (row: number) => (words[row * length + (k >>> 5)]! >>> (k & 31)) & 1;
      const holders = kept.flatMap((_, m) => (bit(m) ? [m] : []));
      for (const i of holders) {
        kept[i]!++;
        for (const j of holders) intersections[i * models + j]!++;
      }
      owners[holders.length]!++;
      changed += bit(models);
    }
  }
  return { kept, intersections, owners, changed };
}

/** A recipe of scripts/goldens.py and the counts that numpy came to. */
export interface Golden {
  set: string;
  case: string;
  recipe: Recipe;
  stats: Stats;
}

/** All of them. */
export const cases = goldenCases.map(({ set, case: name, recipe, stats }): Golden => {
  const parsed = parseRecipe(JSON.stringify(recipe), Object.keys(methods), [], mergekitForms);
  return { set, case: name, recipe: parsed, stats };
});

/** The configurations of scripts/mergekitGoldens.py as recipes. */
export const mergekitCases = mergekitGoldens.map(({ case: name, config }) => ({
  case: name,
  recipe: parseRecipe(JSON.stringify(config), Object.keys(methods), [], mergekitForms),
}));
