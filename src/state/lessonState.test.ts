import { expect, it } from 'vitest';
import {
  choice,
  choices,
  decimal,
  decimals,
  readValues,
  type PartValues,
  writeValues,
} from './lessonState.svelte.ts';

const fields = {
  task: choice(['digits', 'cars', 'land use'], 'digits'),
  alpha: decimal(1, 0, 1.5),
  weights: decimals([0, 0, 0], -1, 1.5),
  shown: choices(['digits', 'cars', 'land use'], ['cars']),
};

it('gives the fallbacks where a link says nothing', () => {
  expect(readValues(fields, '')).toEqual({
    task: 'digits',
    alpha: 1,
    weights: [0, 0, 0],
    shown: ['cars'],
  });
});

it('reads the moment that a link names', () => {
  const query = 'task=land+use&alpha=0.35&weights=0.4,-0.55,0&shown=land%2520use,digits';
  expect(readValues(fields, query)).toEqual({
    task: 'land use',
    alpha: 0.35,
    weights: [0.4, -0.55, 0],
    shown: ['digits', 'land use'],
  });
});

it('takes the fallback for what is out of range, of another length or no number', () => {
  const wrong = 'task=boats&alpha=1.6&weights=1,2';
  const { task, alpha, weights } = readValues(fields, wrong);
  expect({ task, alpha, weights }).toEqual({ task: 'digits', alpha: 1, weights: [0, 0, 0] });
  expect(readValues(fields, 'alpha=').alpha).toBe(1);
  expect(readValues(fields, 'alpha=NaN').alpha).toBe(1);
  expect(readValues(fields, 'weights=0,x,1').weights).toEqual([0, 0, 0]);
  expect(readValues(fields, 'shown=').shown).toEqual([]);
});

it('writes only what differs from the fallback, and leaves what it does not know', () => {
  expect(writeValues(fields, 'on=texts', { alpha: 0.35 })).toBe('on=texts&alpha=0.35');
  expect(writeValues(fields, 'on=texts&alpha=0.35', { alpha: 1 })).toBe('on=texts');
  expect(writeValues(fields, '', { weights: [0.1 + 0.2, 0, -1] })).toBe('weights=0.3,0,-1');
});

it('reads back what it wrote', () => {
  const moment: PartValues<typeof fields> = {
    ...{ task: 'land use', alpha: 0, weights: [1.5, -1, 0.05], shown: ['digits', 'land use'] },
  };
  expect(readValues(fields, writeValues(fields, '', moment))).toEqual(moment);
});
