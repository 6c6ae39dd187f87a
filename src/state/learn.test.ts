import { expect, it } from 'vitest';
import { spareSlots } from './learn.svelte.ts';

it('gives tasks without a fine-tune the first colours that are left', () => {
  expect(spareSlots([0, 1, 2], 4)).toEqual([0, 1, 2, 3]);
  expect(spareSlots([3, 0, 5], 5)).toEqual([3, 0, 5, 1, 2]);
});
