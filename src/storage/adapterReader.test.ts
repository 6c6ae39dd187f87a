import { describe, expect, it } from 'vitest';
import type { ProductChange } from '../formats/adapters/adapter.ts';
import { mulberry32 } from '../data/random.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import { adapterReader } from './adapterReader.ts';

/** A base of one matrix with a product on it; what is read of each tensor, in order, as [name, from, to] in elements. */
function made(rows: number, columns: number, rank: number, turned: boolean) {
  const random = mulberry32(rows + columns);
  const values = new Map<string, Float32Array>();
  const reads: [string, number, number][] = [];
  const tensor = (name: string, shape: [number, number], start: number): TensorInfo => {
    values.set(
      name,
      Float32Array.from({ length: shape[0] * shape[1] }, () => random() - 0.5),
    );
    return { name, dtype: 'F32', shape, file: 0, start, end: start };
  };
  const on = tensor('w', [rows, columns], 0);
  const [tall, wide] = turned ? [columns, rows] : [rows, columns];
  const change: ProductChange = {
    ...{ kind: 'product', module: 'm', alpha: 3 },
    down: tensor('down', [rank, wide], 0),
    up: tensor('up', [tall, rank], 1),
  };
  const reader: TensorReader = {
    async read({ name }, start, end) {
      reads.push([name, start / 4, end / 4]);
      return new Uint8Array(values.get(name)!.slice(start / 4, end / 4).buffer);
    },
  };
  const laid = adapterReader(new Map([['w', { on, change }]]), reader, reader);
  const right = (at: number) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const [i, j] = turned ? [column, row] : [row, column];
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += values.get('up')![i * rank + k]! * values.get('down')![k * wide + j]!;
    return values.get('w')![at]! + (3 / rank) * sum;
  };
  const span = async (from: number, to: number) =>
    new Float32Array((await laid.read(on, 4 * from, 4 * to)).buffer);
  return { reads, right, span };
}

describe.each([false, true])('spans of a base with a product on it, turned: %s', (turned) => {
  it.each([
    [0, 1],
    [50, 56],
    [53, 106],
    [52, 300],
    [7, 37 * 53 - 2],
    [0, 37 * 53],
  ])('elements %i to %i are base + alpha / rank · up·down', async (from, to) => {
    const { right, span } = made(37, 53, 4, turned);
    const found = await span(from, to);
    expect(found).toHaveLength(to - from);
    const off = found.map((value, k) => Math.abs(value - right(from + k)));
    expect(Math.max(...off)).toBeLessThan(1e-6);
  });

  it('take the same range of the base, and each small matrix once, in the order of the file', async () => {
    const { reads, span } = made(37, 53, 4, turned);
    for (const [from, to] of [
      [3, 700],
      [700, 1400],
    ] as const)
      await span(from, to);
    expect(reads.filter(([name]) => name === 'w')).toEqual([
      ['w', 3, 700],
      ['w', 700, 1400],
    ]);
    expect(reads.map(([name]) => name).filter((name) => name !== 'w')).toEqual(['down', 'up']);
  });
});

it('of a large matrix the rows that are asked for are read', async () => {
  const { reads, right, span } = made(70_000, 3, 4, false);
  const [from, to] = [30_001, 30_010];
  const found = await span(from, to);
  found.forEach((value, k) => expect(value).toBeCloseTo(right(from + k), 5));
  expect(reads).toContainEqual(['up', 4 * 10_000, 4 * 10_004]);
});
