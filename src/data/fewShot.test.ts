import { describe, expect, it } from 'vitest';
import { batchOrder, tokenBatch } from './batches.ts';
import { fewShot } from './fewShot.ts';
import { mulberry32, shuffled } from './random.ts';

describe('mulberry32', () => {
  // The 32-bit results of Ettinger's C code, compiled apart from this, for seeds 0, 1 and 2^32 − 1.
  it.each([
    [0, [1144304738, 1416247, 958946056]],
    [1, [2693262067, 11749833, 2265367787]],
    [2 ** 32 - 1, [3850105811, 813802916, 3073704848]],
  ])('seed %i gives the published sequence', (seed, wanted) => {
    const random = mulberry32(seed);
    expect(wanted.map(() => random() * 2 ** 32)).toEqual(wanted);
  });

  it('takes seeds modulo 2^32', () => {
    expect(mulberry32(-1)()).toBe(mulberry32(2 ** 32 - 1)());
  });
});

describe('shuffled', () => {
  it('swaps from the end, each place with one up to itself', () => {
    // Seed 0 gives 0.266, 0.0003 and 0.223: 3 goes with 1, 2 with 0, 1 with 0.
    expect([...shuffled(4, 0)]).toEqual([3, 2, 0, 1]);
  });

  it('is a permutation that the seed decides', () => {
    const order = shuffled(1000, 7);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(shuffled(1000, 7)).toEqual(order);
    expect(shuffled(1000, 8)).not.toEqual(order);
    expect([...shuffled(0, 1)]).toEqual([]);
  });
});

describe('fewShot', () => {
  const rows = Array.from({ length: 100 }, (_, at) => ({
    text: String(at),
    label: at % 4 === 0 ? 1 : 0,
  }));
  const labels = ['no', 'yes'];

  it('gives n of each class, by the seed', () => {
    const few = fewShot(rows, labels, 8, 3);
    expect(few.filter(({ label }) => label === 0)).toHaveLength(8);
    expect(few.filter(({ label }) => label === 1)).toHaveLength(8);
    expect(new Set(few).size).toBe(16);
    expect(fewShot(rows, labels, 8, 3)).toEqual(few);
    expect(fewShot(rows, labels, 8, 4)).not.toEqual(few);
  });

  it('more shots keep the fewer', () => {
    const few = fewShot(rows, labels, 8, 3);
    const more = fewShot(rows, labels, 16, 3);
    expect(few.every((row) => more.includes(row))).toBe(true);
  });

  it('gives all as they are, and refuses a class with too few', () => {
    expect(fewShot(rows, labels, 'all', 3)).toEqual(rows);
    expect(() => fewShot(rows, labels, 26, 3)).toThrow(/class "yes" has 25 examples.*26 asked for/);
    expect(() => fewShot(rows, [...labels, 'maybe'], 1, 3)).toThrow(/class "maybe" has 0/);
  });
});

describe('batches', () => {
  it('hold every row once an epoch, in an order of the epoch', () => {
    const batches = batchOrder(10, 4, 0, 5);
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(batches.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(batches.flat()).not.toEqual(batchOrder(10, 4, 1, 5).flat());
    expect(batches.flat()).toEqual([...shuffled(10, 5)]);
  });

  it('are padded to a multiple of 8', () => {
    const encoded = [
      { ids: [5, 6, 7], types: [0, 0, 1], at: 1, truncated: false },
      { ids: Array.from({ length: 9 }, () => 4), types: Array(9).fill(0), at: 0, truncated: true },
    ];
    const batch = tokenBatch(encoded, [2, 0], 1);
    expect([batch.size, batch.length]).toEqual([2, 16]);
    expect([...batch.ids]).toEqual([
      5,
      6,
      7,
      ...Array(13).fill(1),
      ...Array(9).fill(4),
      ...Array(7).fill(1),
    ]);
    expect([...batch.types]).toEqual([0, 0, 1, ...Array(29).fill(0)]);
    expect([...batch.attention]).toEqual([
      1,
      1,
      1,
      ...Array(13).fill(0),
      ...Array(9).fill(1),
      ...Array(7).fill(0),
    ]);
    expect([[...batch.at], [...batch.labels]]).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });
});
