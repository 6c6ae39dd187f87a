import { expect, it } from 'vitest';
import { best } from './answer.ts';

it('takes the likeliest class, the first of equal ones', () => {
  expect(best([0.1, 0.7, 0.2])).toEqual({ label: 1, share: 0.7 });
  expect(best([0.5, 0.5])).toEqual({ label: 0, share: 0.5 });
  expect(best([])).toBeNull();
});
