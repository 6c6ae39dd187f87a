import { expect, test } from 'vitest';
import { accuracy, argmaxRows, exact, f1, logLikelihood, perplexity, trueMass } from './metrics.ts';

test('the largest of a row is taken, the first of equals', () => {
  expect(argmaxRows(Float32Array.of(1, 3, 2, 5, 5, 0, -3, -2, -1), 3)).toEqual([1, 0, 2]);
});

test('accuracy is the share of hits', () => {
  expect(accuracy([0, 1, 1, 2], [0, 1, 2, 2])).toBe(0.75);
  expect(accuracy([], [])).toBe(0);
});

test('F1 is the harmonic mean of precision and recall', () => {
  // Predicted positive: 3, of them 2 right; positives: 4. Precision 2/3, recall 1/2: F1 = 4/7.
  expect(f1([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 1, 0], 1)).toBeCloseTo(4 / 7, 12);
  expect(f1([0, 0], [0, 0], 1)).toBe(0);
  expect(f1([0, 0], [1, 0], 1)).toBe(0);
});

test('perplexity of a uniform guess among four is four', () => {
  expect(perplexity(10 * Math.log(4), 10)).toBeCloseTo(4, 12);
});

test('an answer is exact where all its tokens are, and one without tokens never', () => {
  expect(exact([[1, 1], [1, 0], [1], []])).toBe(0.5);
  expect(exact([])).toBe(0);
});

test('true mass is the share of probability on true answers', () => {
  const lls = [Math.log(0.1), Math.log(0.2), Math.log(0.1)];
  expect(trueMass(lls, [0, 1])).toBeCloseTo(0.75, 12);
  expect(trueMass([-2000, -2000], [1])).toBeCloseTo(0.5, 12);
});

test('the likelihood of a continuation is told by the losses before its tokens', () => {
  // Loss t tells token t + 1: tokens 2 and 3 are told by losses 1 and 2.
  expect(logLikelihood(Float32Array.of(1, 2, 4, 8), 2, 4)).toBe(-6);
});
