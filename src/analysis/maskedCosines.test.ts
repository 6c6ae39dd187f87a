import { expect, test } from 'vitest';
import { addProducts, cosinesOf, emptyProducts } from './maskedCosines.ts';

test('cosines count shared positions alone, and norms each model’s own', () => {
  const base = Float32Array.of(1, 1, 1, 1);
  // τ₁ = (1, 2, 2, 9) masked to the first three: norm 3. τ₂ = (4, 3, 7, 7) masked to the first two: norm 5.
  const tuned = [Float32Array.of(2, 3, 3, 10), Float32Array.of(5, 4, 8, 8)];
  const products = emptyProducts(2);
  addProducts(products, base, tuned, Uint32Array.of(0b0111, 0b0011));
  const [own, across, again] = cosinesOf(products);
  expect(own).toBe(1);
  expect(across).toBeCloseTo((1 * 4 + 2 * 3) / 15, 12);
  expect(again).toBe(across);
});

test('chunks add up, NaN does not count, and an empty mask has no cosine', () => {
  const products = emptyProducts(2);
  const base = new Float32Array(33);
  const tuned = [base.map((_, k) => (k === 31 ? 3 : 0)), base.map((_, k) => (k === 31 ? -4 : 0))];
  tuned[0]![32] = NaN;
  tuned[1]![32] = 1;
  const masks = Uint32Array.of(2 ** 31, 1, 2 ** 31, 1, 0, 0);
  addProducts(products, base, tuned, masks);
  addProducts(products, base.subarray(0, 1), tuned, Uint32Array.of(0, 0));
  expect(cosinesOf(products)[1]).toBeCloseTo(-4 / Math.sqrt(17), 12);
  expect(cosinesOf(emptyProducts(2))).toEqual([0, 0, 0, 0]);
});
