import { expect, it } from 'vitest';
import { taskShape, taskSlots, unlikeSlots } from './taskMarks.ts';

it('keeps slots whose marks are unlike each other', () => {
  expect(unlikeSlots([3, 0, 5])).toEqual([3, 0, 5]);
  expect(unlikeSlots([8, 9, 10, 11, 12, 13])).toEqual([8, 9, 10, 11, 12, 13]);
});

it('gives the first free mark to a task without a slot, and to one whose mark is taken', () => {
  expect(unlikeSlots([0, 1, 2, null])).toEqual([0, 1, 2, 3]);
  expect(unlikeSlots([3, 0, 5, null, null])).toEqual([3, 0, 5, 1, 2]);
  // Slot 12 has the mark of slot 0.
  expect(unlikeSlots([8, 12, null])).toEqual([8, 12, 1]);
  expect(unlikeSlots([0, 12])).toEqual([0, 1]);
});

it('has twelve marks, and repeats them only beyond', () => {
  const shapes = unlikeSlots(Array.from({ length: taskSlots }, (_, i) => 2 * i)).map(taskShape);
  expect(new Set(shapes).size).toBe(12);
  expect(unlikeSlots(Array.from({ length: 14 }, () => null))).toHaveLength(14);
});
