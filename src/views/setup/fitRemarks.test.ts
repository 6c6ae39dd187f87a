import { expect, it } from 'vitest';
import type { ModelFit } from '../../api/preflight.ts';
import { fitRemarks } from './fitRemarks.ts';

const fit: ModelFit = {
  name: 'sst2',
  matched: 10,
  prefix: null,
  missing: [],
  extra: [],
  shapeDiffers: [],
  dtypeDiffers: [],
  tied: [],
  refusal: null,
};

it('says nothing of a model that fits in every tensor', () => {
  expect(fitRemarks(fit)).toEqual([]);
});

it('says what stays as in the base and what is left out', () => {
  expect(fitRemarks({ ...fit, missing: ['lm_head.bias'], extra: ['a', 'b'] })).toEqual([
    'sst2: 1 tensor missing there stays as in the base.',
    'sst2: 2 tensors found only there are left out.',
  ]);
});

it('leaves a refused model to its refusal', () => {
  expect(fitRemarks({ ...fit, missing: ['x'], refusal: 'another model' })).toEqual([]);
});
