import { expect, it } from 'vitest';
import { timeFigure } from './estimate.ts';

it.each([
  [{ find: 0, merge: 0.2, evaluate: 0.1 }, 'about 1\u00a0s', 'by earlier runs here'],
  [{ find: 60, merge: 3.6, evaluate: 1 }, 'about 1\u00a0min 5\u00a0s', 'by earlier runs here'],
  [{ find: null, merge: null, evaluate: null }, '–', 'not measured here yet'],
  [{ find: null, merge: 1, evaluate: 1 }, '–', 'not measured here yet: finding masks'],
])('%o is told as %s', (planned, value, note) => {
  expect(timeFigure(planned)).toEqual({ value, note });
});
