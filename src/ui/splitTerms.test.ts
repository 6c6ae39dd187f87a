import { expect, test } from 'vitest';
import { splitTerms } from './splitTerms.ts';

test('a text is cut at its terms, each once, whatever their case or number', () => {
  expect(splitTerms('Masks hold weights; a mask of another task vector.')).toEqual([
    { text: 'Masks', term: 'mask' },
    { text: ' hold weights; a mask of another ', term: null },
    { text: 'task vector', term: 'task vector' },
    { text: '.', term: null },
  ]);
});

test('the longer of two terms is taken, and parts of words are not', () => {
  expect(splitTerms('Normalised accuracy, unmasked')).toEqual([
    { text: 'Normalised accuracy', term: 'normalised accuracy' },
    { text: ', unmasked', term: null },
  ]);
});

test('everyday words and texts without terms stay whole', () => {
  expect(splitTerms('The base in one run.')).toEqual([
    { text: 'The base in one run.', term: null },
  ]);
  expect(splitTerms('')).toEqual([]);
});
