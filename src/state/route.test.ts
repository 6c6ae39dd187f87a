import { expect, it } from 'vitest';
import { lessonHash, parseHash, resultHash } from './route.svelte.ts';

const nothing = { page: 'run', run: null, part: null, link: null, lesson: 1, query: '' };

it('opens on the library when the hash names no place', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#/library'])
    expect(parseHash(hash)).toEqual({ ...nothing, place: 'library' });
});

it('reads the run of a result and the recipe of a link', () => {
  expect(parseHash('#/results/a%2Fb')).toEqual({ ...nothing, place: 'results', run: 'a/b' });
  const scores = { ...nothing, place: 'results', run: 'a/b', part: 'scores' };
  expect(parseHash(resultHash('a/b', 'scores'))).toEqual(scores);
  expect(parseHash('#/results/a%2Fb/none')).toEqual({ ...scores, part: null });
  expect(parseHash('#recipe=abc')).toEqual({ ...nothing, place: 'merge', link: '#recipe=abc' });
  expect(parseHash('#/merge')).toEqual({ ...nothing, place: 'merge' });
});

it('opens on Results without a run where an address is no text', () => {
  for (const hash of ['#/results/%', '#/results/%E0%A4%A', '#/results/'])
    expect(parseHash(hash)).toEqual({ ...nothing, place: 'results' });
});

it('tells the pages of Results from its runs', () => {
  const results = { ...nothing, place: 'results' };
  expect(parseHash('#/results/compare')).toEqual({ ...results, page: 'compare' });
  expect(parseHash('#/results/history')).toEqual({ ...results, page: 'history' });
  expect(parseHash('#/merge/history')).toEqual({ ...nothing, place: 'merge' });
});

it('reads a lesson and what its link says about it', () => {
  expect(parseHash('#/learn')).toEqual({ ...nothing, place: 'learn' });
  expect(parseHash('#/learn/x')).toEqual({ ...nothing, place: 'learn' });
  const moment = { ...nothing, place: 'learn', lesson: 4, query: 'density=0.01&task=a%20b' };
  expect(parseHash('#/learn/4?density=0.01&task=a%20b')).toEqual(moment);
  expect(parseHash(lessonHash(4, moment.query))).toEqual(moment);
  expect(parseHash(lessonHash(2))).toEqual({ ...nothing, place: 'learn', lesson: 2 });
});
