import { expect, it } from 'vitest';
import { linePath } from './linePath.ts';

it('joins neighbours and leaves gaps', () => {
  const points = [[0, 1], [2.04, 3.06], null, [4, 5], null] as const;
  expect(linePath(points)).toBe('M0.0 1.0L2.0 3.1M4.0 5.0');
  expect(linePath([])).toBe('');
});
