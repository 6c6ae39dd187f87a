import { expect, test } from 'vitest';
import { logBins, sumSquares } from './logBins.ts';

test('values fall in fifths of powers of ten, by size alone', () => {
  // log₁₀ of 0.05 is −1.30: bin 3 from −2; of −0.5 −0.30: bin 8; of 2 0.30: bin 11.
  const bins = logBins(Float32Array.of(0.05, -0.5, 2, 0, -0, NaN));
  expect(bins).toMatchObject({ from: -2, to: 1, zeros: 2 });
  expect(bins.counts).toHaveLength(15);
  expect(bins.counts.flatMap((count, bin) => (count ? [[bin, count]] : []))).toEqual([
    [3, 1],
    [8, 1],
    [11, 1],
  ]);
});

test('tiny values share the first bin, and zeros alone have none', () => {
  const bins = logBins(Float32Array.of(1e-30, 3));
  expect(bins).toMatchObject({ from: -7, to: 1 });
  expect(bins.counts[0]).toBe(1);
  expect(logBins(Float32Array.of(0, 0))).toEqual({ from: 0, to: 0, counts: [], zeros: 2 });
});

test('squares add up over a range', () => {
  expect(sumSquares(Float32Array.of(1, 2, 3, 4), 1, 3)).toBe(13);
});
