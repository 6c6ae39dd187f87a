import { expect, it } from 'vitest';
import type { RunResult } from '../../worker/types.ts';
import { headline } from './headline.ts';

const changed = (count: number): RunResult => ({
  id: 'r',
  method: 'localize_and_stitch',
  models: ['a'],
  base: 'base',
  parameters: { total: 1000, scope: 800, changed: count },
  density: [0],
  intersections: [0],
  owners: [0],
  tensors: [],
  notes: [],
  seconds: { localize: 0, merge: 0 },
  bytesRead: 0,
  bytesWritten: 0,
  adapter: '',
});

it('promises the bits of the base only where the output keeps its dtype', () => {
  expect(headline(changed(19), 'base')).toBe(
    '1.9\u00a0% of weights changed; every other weight is the base’s, bit for bit',
  );
  expect(headline(changed(19), 'bfloat16')).toBe(
    '1.9\u00a0% of weights changed; every other weight is the base’s, written as bfloat16',
  );
});

it('has no other weights to speak of when all or none changed', () => {
  expect(headline(changed(1000), 'base')).toBe('100.0\u00a0% of weights changed');
  expect(headline(changed(0), 'base')).toBe('No weight changed: the result is the base');
});
