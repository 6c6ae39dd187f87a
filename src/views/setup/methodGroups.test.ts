import { expect, it } from 'vitest';
import { methodGroups } from './methodGroups.ts';

const methods = [
  { id: 'ties', group: 'start', label: 'TIES', summary: 'Elects a sign.' },
  { id: 'dare_ties', group: 'sparse', label: 'DARE + TIES', summary: 'Drops at random.' },
  { id: 'fisher', group: 'data', label: 'Fisher', summary: 'Weighs by information.' },
] as const;

const idsOf = (sought: string) =>
  methodGroups(methods, sought).map(({ members }) => members.map(({ id }) => id));

it('keeps methods in their groups, and leaves out those without one', () => {
  expect(idsOf('')).toEqual([['ties'], ['dare_ties'], ['fisher']]);
  expect(methodGroups(methods, '')[0]?.name).toBe('Start here');
});

it('finds methods by all words of their name, id or line', () => {
  expect(idsOf('TIES')).toEqual([['ties'], ['dare_ties']]);
  expect(idsOf('random dare')).toEqual([['dare_ties']]);
  expect(idsOf('information')).toEqual([['fisher']]);
  expect(idsOf('fisher sign')).toEqual([]);
});
