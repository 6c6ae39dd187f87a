import { expect, it } from 'vitest';
import { parseHash } from './route.svelte.ts';

it('opens on the library when the hash names no place', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#/library'])
    expect(parseHash(hash)).toEqual({ place: 'library', run: null, link: null });
});

it('reads the run of a result and the recipe of a link', () => {
  expect(parseHash('#/results/a%2Fb')).toEqual({ place: 'results', run: 'a/b', link: null });
  expect(parseHash('#recipe=abc')).toEqual({ place: 'merge', run: null, link: '#recipe=abc' });
  expect(parseHash('#/merge')).toEqual({ place: 'merge', run: null, link: null });
});
