import type { Encoded } from './prompt.ts';
import { shuffled } from './random.ts';

/** Lengths are multiples of this, so that a device reuses its buffers. */
const lengthStep = 8;

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

/** Tokens of these inputs once they are padded: as many as the longest has, rounded up. */
export function paddedLength(encoded: readonly Encoded[]): number {
  const longest = encoded.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  return Math.ceil(longest / lengthStep) * lengthStep;
}

/**
 * One batch of inputs and their class indices, row-major [size × length]; types and attention of padding are 0, its ids
 * `pad`. `at` and `labels` are [size].
 */
export function tokenBatch(encoded: readonly Encoded[], labels: readonly number[], pad: number) {
  const size = encoded.length;
  const length = paddedLength(encoded);
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
