import { expect, test } from 'vitest';
import { localizerInfos } from './localizerInfos.ts';

test('the published code takes other numbers for images', () => {
  const infos = localizerInfos();
  const reference = infos.find(({ id }) => id === 'reference');
  // He et al.'s code: a penalty of 10 and batches of 8 for texts, 1 and 128 for images.
  expect(reference?.defaults).toMatchObject({ l1: 10, batch_size: 8, learning_rate: 1e7 });
  expect(reference?.imageDefaults).toMatchObject({ l1: 1, batch_size: 128, learning_rate: 1e7 });
  const scaled = infos.find(({ id }) => id === 'scaled');
  expect(scaled?.imageDefaults).toEqual(scaled?.defaults);
});
