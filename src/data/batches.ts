import type { Encoded } from './prompt.ts';
import { shuffled } from './random.ts';

/** Lengths are multiples of this, so that a device reuses its buffers. */
export const lengthStep = 8;

/** Padded to the longest, rounded up to a multiple of 8: row-major [size × length]; `at` and `labels` are [size]. */
export interface TokenBatch {
  size: number;
  length: number;
  ids: Int32Array;
  types: Int32Array;
  attention: Float32Array;
  at: Int32Array;
  labels: Int32Array;
}

/**
 * Row numbers of each batch of an epoch (counted from 0), the last one shorter where n is no multiple of the size:
 * shuffled(n, seed + 0x9e3779b9 · epoch modulo 2^32) cut into pieces.
 */
export function batchOrder(n: number, batchSize: number, epoch: number, seed: number): number[][] {
  const order = [...shuffled(n, (seed + Math.imul(0x9e3779b9, epoch)) >>> 0)];
  const batches: number[][] = [];
  for (let at = 0; at < n; at += batchSize) batches.push(order.slice(at, at + batchSize));
  return batches;
}

/** Batches of an epoch: of each task in `batchOrder`; those of several tasks shuffled together. */
export function epochBatches(
  sizes: readonly number[],
  batchSize: number,
  epoch: number,
  seed: number,
): { task: number; rows: number[] }[] {
  const all = sizes.flatMap((size, task) =>
    batchOrder(size, batchSize, epoch, seed).map((rows) => ({ task, rows })),
  );
  if (sizes.length === 1) return all;
  const order = shuffled(all.length, (seed + Math.imul(0x9e3779b9, epoch) + 1) >>> 0);
  return [...order].map((i) => all[i]!);
}

/** One batch of inputs and their class indices; types and attention of padding are 0, its ids `pad`. */
export function tokenBatch(
  encoded: readonly Encoded[],
  labels: readonly number[],
  pad: number,
): TokenBatch {
  const size = encoded.length;
  const longest = Math.max(1, ...encoded.map(({ ids }) => ids.length));
  const length = Math.ceil(longest / lengthStep) * lengthStep;
  const ids = new Int32Array(size * length).fill(pad);
  const types = new Int32Array(size * length);
  const attention = new Float32Array(size * length);
  for (const [row, input] of encoded.entries()) {
    ids.set(input.ids, row * length);
    types.set(input.types, row * length);
    attention.fill(1, row * length, row * length + input.ids.length);
  }
  const at = Int32Array.from(encoded, (input) => input.at);
  return { size, length, ids, types, attention, at, labels: Int32Array.from(labels) };
}
