import { expect, it } from 'vitest';
import { terms } from '../../ui/terms.ts';
import { findTerms } from './findTerms.ts';

const names = (query: string) => findTerms(query).map(({ term }) => term);

it('lists every term in the order of the alphabet', () => {
  const all = names(' ');
  expect(all).toHaveLength(Object.keys(terms).length);
  expect(all.slice(1).every((term, i) => all[i]!.localeCompare(term, 'en') < 0)).toBe(true);
});

it('finds names first, then lines, by every word', () => {
  expect(names('MASK')[0]).toBe('mask');
  expect(names('mask')).toEqual(expect.arrayContaining(['mask logits', 'graft', 'patch']));
  expect(names('mask logits')).toEqual(['mask logits']);
  expect(names('harmonic precision')).toEqual(['F1']);
  expect(names('no such words')).toEqual([]);
});
