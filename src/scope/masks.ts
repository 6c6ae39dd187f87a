import type { Compute } from '../gpu/compute.ts';
import type { KeyKind } from '../gpu/kernels/keyHistogram.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { ScopeTensor } from './scopeTensor.ts';
import { createKeyMasker, type EachArray } from './select.ts';
import type { Threshold } from './threshold.ts';

/** A mask as bits: bit k of word w of a tensor's words is element 32w + k. Tensors without any are absent. */
export interface TaskMask {
  words: ReadonlyMap<string, Uint32Array<ArrayBuffer>>;
  /** Positions held. */
  kept: number;
}

/** N: positions in scope. */
export function scopeSize(scope: readonly ScopeTensor[]): number {
  return scope.reduce((sum, { base }) => sum + countElements(base), 0);
}

/** Elements of the largest tensor in scope. */
export function largestTensor(scope: readonly ScopeTensor[]): number {
  return scope.reduce((most, { base }) => Math.max(most, countElements(base)), 1);
}

/** Number of set bits. */
export function countBits(words: Uint32Array): number {
  let count = 0;
  for (let word of words) for (; word !== 0; word &= word - 1) count++;
  return count;
}

/** The mask that `each` tensor's bits are, read back. */
export async function collectMask(
  compute: Compute,
  scope: readonly ScopeTensor[],
  each: EachArray,
): Promise<TaskMask> {
  const words = new Map<string, Uint32Array<ArrayBuffer>>();
  let kept = 0;
  await each(async (mask, elements, t) => {
    const [bits] = await compute.read([{ buffer: mask, bytes: Math.ceil(elements / 32) * 4 }]);
    const count = countBits(bits!);
    kept += count;
    if (count > 0) words.set(scope[t]!.base.name, bits!);
  });
  return { words, kept };
}

/** The values of every tensor in scope, one after another, read back. */
export async function collectValues(
  compute: Compute,
  scope: readonly ScopeTensor[],
  each: EachArray,
): Promise<Float32Array<ArrayBuffer>> {
  const values = new Float32Array(scopeSize(scope));
  let at = 0;
  await each(async (x, elements) => {
    const [words] = await compute.read([{ buffer: x, bytes: elements * 4 }]);
    values.set(new Float32Array(words!.buffer, 0, elements), at);
    at += elements;
  });
  return values;
}

/** The mask of all keys above a threshold and its first ties. */
export async function maskAbove(
  compute: Compute,
  scope: readonly ScopeTensor[],
  each: EachArray,
  kind: KeyKind,
  threshold: Threshold,
): Promise<TaskMask> {
  const most = largestTensor(scope);
  const masker = await createKeyMasker(compute, kind, threshold, most);
  const mask = await compute.buffer(Math.ceil(most / 32) * 4);
  try {
    return await collectMask(compute, scope, (work) =>
      each(async (x, elements, t) => {
        await masker.mask(x, elements, mask);
        await work(mask, elements, t);
      }),
    );
  } finally {
    masker.free();
    compute.free(mask);
  }
}
