import { expect, it } from 'vitest';
import type { CheckpointSummary } from '../api/checkpoints.ts';
import { familiesOf, markedBases, type Refusals } from './families.ts';

const checkpoint = (id: string, baseSince: number | null = null) =>
  ({ id, name: id, baseSince }) as CheckpointSummary;

const texts = ['text', 'mood', 'tone'];
const pictures = ['picture', 'digits'];
const all = [
  checkpoint('text', 1),
  checkpoint('mood'),
  checkpoint('picture', 2),
  checkpoint('digits'),
  checkpoint('tone'),
  checkpoint('other'),
];

/** Texts do not fit a base of pictures, nor these a base of texts, and the other none. */
const refusals: Refusals = new Map(
  [...texts, ...pictures].map((base) => {
    const own = texts.includes(base) ? texts : pictures;
    return [base, new Map(all.map(({ id }) => [id, own.includes(id) ? null : `${id} is unlike`]))];
  }),
);

const told = (checkpoints: CheckpointSummary[], current: string | null, known = refusals) =>
  familiesOf(checkpoints, current, known).map(({ base, members }) => [
    base?.id ?? null,
    ...members.map(({ id }) => id),
  ]);

it('puts each checkpoint under the base that it fits, the current one first', () => {
  expect(told(all, 'text')).toEqual([
    ['text', 'mood', 'tone'],
    ['picture', 'digits'],
    [null, 'other'],
  ]);
  expect(told(all, 'picture')[0]).toEqual(['picture', 'digits']);
});

it('takes a base for a fine-tune of one marked after it, when it fits that', () => {
  const again = all.map((each) => (each.id === 'mood' ? { ...each, baseSince: 3 } : each));
  expect(told(again, 'mood')[0]).toEqual(['mood', 'text', 'tone']);
  // Another family became the current one since.
  expect(told(again, 'picture')).toEqual([
    ['picture', 'digits'],
    ['mood', 'text', 'tone'],
    [null, 'other'],
  ]);
});

it('takes what was not asked to fit, and leaves all without a base where none is marked', () => {
  expect(told(all, 'text', new Map())).toEqual([
    ['text', 'mood', 'picture', 'digits', 'tone', 'other'],
  ]);
  const plain = all.slice(3);
  expect(told(plain, null)).toEqual([[null, 'digits', 'tone', 'other']]);
  expect(told([], null)).toEqual([]);
});

it('knows a current base that an earlier version marked', () => {
  expect(markedBases([checkpoint('a'), checkpoint('b')], 'b').map(({ id }) => id)).toEqual(['b']);
});
