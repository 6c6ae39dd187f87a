import { expect, it } from 'vitest';
import { classesOf } from './textTask.ts';

it('classes are told by their names, and what is no text by its JSON', () => {
  const config = { id2label: { 1: 'good', 0: { toString: 1 } } };
  expect(classesOf(config)).toEqual({ names: ['{"toString":1}', 'good'], count: 2 });
});
