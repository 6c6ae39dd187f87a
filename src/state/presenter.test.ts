import { expect, test } from 'vitest';
import { presenterScale } from './presenter.svelte.ts';

test('a full HD screen shows a lesson half as large again', () => {
  expect(presenterScale(1920, 1080)).toBe(1.54);
});

test('a small or narrow window still gets larger type, a wall not more than three times', () => {
  expect(presenterScale(390, 844)).toBe(1.15);
  expect(presenterScale(7680, 4320)).toBe(3);
});

test('a wide and low screen goes by its height', () => {
  expect(presenterScale(3440, 980)).toBe(1.4);
});
