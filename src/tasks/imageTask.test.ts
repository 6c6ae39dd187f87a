import { expect, it } from 'vitest';
import { inClassOrder } from './imageTask.ts';

it('classes that are numbers are in the order of a head’s outputs', () => {
  const gtsrb = Array.from({ length: 43 }, (_, at) => String(at));
  expect(inClassOrder(gtsrb.toReversed())).toEqual(gtsrb);
  expect(inClassOrder(['b', '10', 'a', '2'])).toEqual(['10', '2', 'a', 'b']);
  expect(inClassOrder(['00010', '00002'])).toEqual(['00002', '00010']);
});
