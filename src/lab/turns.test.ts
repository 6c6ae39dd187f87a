import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('one works at a time: the lowest rank first, then the first come', async () => {
  const turns = new Turns();
  const order: string[] = [];
  let working = 0;
  const work = (name: string, rank: number) =>
    turns.take(rank, async () => {
      expect(++working).toBe(1);
      await Promise.resolve();
      order.push(name);
      working--;
    });
  await Promise.all([work('a', 2), work('b', 1), work('c', 0), work('d', 1)]);
  expect(order).toEqual(['a', 'c', 'b', 'd']);
});

test('a failure ends its own turn alone', async () => {
  const turns = new Turns();
  const failing = turns.take(0, () => Promise.reject(new Error('no')));
  const next = turns.take(0, () => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

test('who lets others pass goes on after those at work and those of no higher rank that wait', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const work = (name: string, rank: number) =>
    turns.take(rank, async () => {
      await new Promise((resolve) => setTimeout(resolve));
      order.push(name);
    });
  const all = [work('at work', 5), work('urgent', -1), work('later', 1)];
  await Promise.all([turns.pass(0).then(() => order.push('passed')), ...all]);
  expect(order).toEqual(['at work', 'urgent', 'passed', 'later']);
});
