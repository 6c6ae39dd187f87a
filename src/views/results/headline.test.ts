import { expect, it } from 'vitest';
import type { RunResult } from '../../api/results.ts';
import { headline, timeNote } from './headline.ts';

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
  cosines: [],
  localized: [],
  scores: [],
  remarks: [],
  seconds: { localize: 0, merge: 0, evaluate: 0 },
  bytesRead: 0,
  bytesWritten: 0,
  adapter: '',
});

const kept = (how: string) =>
  `1.9\u00a0% of weights changed; every other weight is the base’s, ${how}`;

it('promises the bits of the base only where the output keeps its dtype', () => {
  expect(headline(changed(19), 'base', [])).toBe(kept('bit for bit'));
  expect(headline(changed(19), 'float32', ['F32', 'I64'])).toBe(kept('bit for bit'));
  expect(headline(changed(19), 'bfloat16', ['F32'])).toBe(kept('written as bfloat16'));
  expect(headline(changed(19), 'float32', [])).toBe(kept('written as float32'));
});

it('claims nothing of other weights that a remark contradicts', () => {
  const told = (kind: 'dequantized' | 'too large' | 'missing') =>
    headline({ ...changed(19), remarks: [{ kind, text: '', tensors: [] }] }, 'base', []);
  expect(told('missing')).toBe(kept('bit for bit'));
  expect(told('dequantized')).toBe(kept('').replace(/, $/, ''));
  expect(told('too large')).toBe('1.9\u00a0% of weights changed');
});

it('has no other weights to speak of when all or none changed', () => {
  expect(headline(changed(1000), 'base', [])).toBe('100.0\u00a0% of weights changed');
  expect(headline(changed(0), 'base', [])).toBe('No weight changed: the result is the base');
});

it('tells what the time went into, and claims no localizing or scoring where there was none', () => {
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');
  const result = { ...changed(19), seconds: { localize: 3, merge: 1, evaluate: 2 } };
  const ties = { learnsMasks: false, needs: null };
  expect(plain(timeNote(result, ties))).toBe(
    '3.0 s to measure the changes, 2.0 s to compare the changes',
  );
  const scores = [{ model: 'merged', task: 'a', metric: 'accuracy', value: 1, n: 9 } as const];
  const scored = { ...result, scores };
  expect(plain(timeNote(scored, { ...ties, learnsMasks: true }))).toBe(
    '3.0 s to localize, 2.0 s to evaluate',
  );
  expect(plain(timeNote(scored, { ...ties, needs: 'Inputs.' }))).toMatch(/^3.0 s to learn/);
  expect(timeNote({ ...result, seconds: { localize: 0, merge: 1, evaluate: 0 } }, ties)).toBe('');
});
