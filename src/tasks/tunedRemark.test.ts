import { expect, it } from 'vitest';
import type { TaskData } from '../recipe/recipe.ts';
import { bestOrder, tunedRemark, type Tried } from './tunedRemark.ts';

const classes = Array.from({ length: 32 }, (_, i) => i % 2);
const data: TaskData = {
  train: 'a.csv',
  template: '{text} It was{mask} .',
  label_words: [' terrible', ' great'],
};
const labels = ['negative', 'positive'];
const task = { data, labels, classes, example: 'fine It was<mask> .' };

/** A model that gives these answers. */
const answering = (answers: readonly number[], width = 2): Tried => ({
  loss: 1,
  outputs: {
    values: Float32Array.from(
      answers.flatMap((a) => Array.from({ length: width }, (_, c) => (c === a ? 1 : 0))),
    ),
    width,
  },
});
const losing = (loss: number): Tried => ({
  loss,
  outputs: { values: new Float32Array(), width: 0 },
});

const wrong = classes.map((c) => 1 - c);
const half = classes.map((c, i) => (i % 4 < 2 ? c : 1 - c));
const none = classes.map(() => 0);

it('says nothing of a model that is better than chance and the base', () => {
  expect(tunedRemark(task, answering(none), answering(classes))).toBeNull();
  const most = classes.map((c, i) => (i < 3 ? 1 - c : c));
  expect(tunedRemark(task, answering(most), answering(most))).toBeNull();
});

it('speaks of one at chance that is as good as the base', () => {
  expect(tunedRemark(task, answering(half), answering(half))).toMatch(
    /^The fine-tuned model is right on 16 of 32/,
  );
});

it('names swapped label words, with the order in which they fit', () => {
  const remark = tunedRemark(task, answering(none), answering(wrong));
  expect(remark).toBe(
    'The fine-tuned model is right on 0 of 32 training examples, where chance is 16 and the base has 16. Its label words seem to be in another order: as “ great”, “ terrible” it is right on 32.',
  );
});

it('names swapped classes of a head of its own, of three in a ring', () => {
  const three = Array.from({ length: 30 }, (_, i) => i % 3);
  const turned = three.map((c) => (c + 1) % 3);
  const own = { ...task, data: { train: 'a.csv' }, labels: ['a', 'b', 'c'], classes: three };
  const remark = tunedRemark(own, answering(three, 3), answering(turned, 3));
  expect(remark).toMatch(/classes seem to be in another order: as “b”, “c”, “a” it is right on 30/);
});

it('shows what is read where no order is better', () => {
  expect(tunedRemark(task, answering(classes), answering(half))).toBe(
    'The fine-tuned model is right on 16 of 32 training examples, where chance is 16 and the base has 32. Its template or columns may be others than in fine-tuning: it reads “fine It was<mask> .”.',
  );
  expect(tunedRemark(task, answering(classes), answering(none))).toMatch(
    /It answers “negative” each time\. Its template or columns/,
  );
});

it('compares language models by their perplexity', () => {
  const text = { ...task, data: { kind: 'choices' } as const, labels: [], classes: [] };
  expect(tunedRemark(text, losing(2), losing(1.9))).toBeNull();
  expect(tunedRemark(text, losing(2), losing(3))).toBe(
    'The fine-tuned model has perplexity 20.1 on training examples, more than the base’s 7.39. The right choices may be counted otherwise. Its columns may be others than in fine-tuning: it reads “fine It was<mask> .”.',
  );
});

it('finds the best order of few words among all, and of many one by one', () => {
  expect(
    bestOrder([
      [1, 5],
      [4, 6],
    ]),
  ).toEqual([1, 0]);
  const ring = Array.from({ length: 9 }, (_, word) =>
    Array.from({ length: 9 }, (_, c) => (word === (c + 2) % 9 ? 7 : 0)),
  );
  expect(bestOrder(ring)).toEqual([2, 3, 4, 5, 6, 7, 8, 0, 1]);
});
