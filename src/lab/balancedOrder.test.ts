import { expect, test } from 'vitest';
import { balancedOrder } from './balancedOrder.ts';

test('takes one example of each class in turn, as long as a class lasts', () => {
  // Classes 1, 1, 0, 2, 1, 0: rounds (0, 1, 2), (0, 1), (1).
  expect(balancedOrder([1, 1, 0, 2, 1, 0])).toEqual([2, 0, 3, 5, 1, 4]);
  expect(balancedOrder([])).toEqual([]);
});
