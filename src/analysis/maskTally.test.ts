import { expect, test } from 'vitest';
import { addMasks, addTally, emptyTally } from './maskTally.ts';

/** Membership of each position per row, as words. */
function pack(rows: boolean[][]): Uint32Array {
  const length = Math.ceil(rows[0]!.length / 32);
  const words = new Uint32Array(rows.length * length);
  rows.forEach((row, m) =>
    row.forEach((held, k) => {
      if (held) words[m * length + (k >> 5)]! |= 1 << (k & 31);
    }),
  );
  return words;
}

test.each([1, 31, 32, 33, 64, 1000])('counts positions one by one the same, %i elements', (n) => {
  for (const models of [1, 2, 3, 4, 8]) {
    let state = n * 31 + models;
    const next = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    const rows = Array.from({ length: models + 1 }, (_, m) =>
      Array.from({ length: n }, () => next() < 0.1 * (m + 1)),
    );
    const tally = emptyTally(models);
    addMasks(tally, pack(rows), n);
    const masks = rows.slice(0, models);
    expect(tally.elements).toBe(n);
    expect(tally.changed).toBe(rows[models]!.filter(Boolean).length);
    expect(tally.kept).toEqual(masks.map((row) => row.filter(Boolean).length));
    const both = masks.flatMap((a) => masks.map((b) => a.filter((held, k) => held && b[k]).length));
    expect(tally.intersections).toEqual(both);
    const owners = new Array<number>(models + 1).fill(0);
    for (let k = 0; k < n; k++) owners[masks.filter((row) => row[k]).length]! += 1;
    expect(tally.owners).toEqual(owners);
  }
});

test('tallies add up', () => {
  const words = pack([
    [true, false, true],
    [true, true, false],
    [true, true, true],
  ]);
  const whole = emptyTally(2);
  addMasks(whole, words, 3);
  addMasks(whole, words, 3);
  const sum = emptyTally(2);
  const once = emptyTally(2);
  addMasks(once, words, 3);
  addTally(sum, once);
  addTally(sum, once);
  expect(sum).toEqual(whole);
  expect(sum.kept).toEqual([4, 4]);
  expect(sum.owners).toEqual([0, 4, 2]);
});
