import { expect, it } from 'vitest';
import { findNamed } from './findNamed.ts';

const library = [
  { id: '1', name: 'gpt2', formerNames: ['twin'] },
  { id: '2', name: 'mine', formerIds: ['old'], formerNames: ['weights'] },
  { id: '3', name: 'yours', formerNames: ['weights'] },
  { id: '4', name: 'org/whole' },
];

it.each([
  ['gpt2', '1'],
  ['openai-community/gpt2', '1'],
  ['C:\\models\\gpt2', '1'],
  ['./gpt2/', '1'],
  ['twin', '1'],
  ['org/twin', '1'],
  ['old', '2'],
  ['3', '3'],
  ['org/whole', '4'],
  // Two had it, and a part of a name is none.
  ['weights', undefined],
  ['whole', undefined],
  ['gpt', undefined],
  ['', undefined],
])('%s means checkpoint %s', (reference, id) => {
  expect(findNamed(library, reference)?.id).toBe(id);
});
