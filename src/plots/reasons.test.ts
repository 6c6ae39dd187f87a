import { expect, test } from 'vitest';
import type { ComparedMethod } from './comparison.ts';
import type { LiveRow } from './liveBars.ts';
import { whyBelowBase, whyBest, whyOnTheWay, whyPair, whySearched } from './reasons.ts';

const row = (label: string, values: Partial<LiveRow>): LiveRow => ({
  ...{ label, slot: 0, now: null, half: 0.05, before: null, base: 0.5, tuned: 0.9, trained: true },
  ...values,
});

test('on the way, a gain ahead of or behind the way is explained, and one that keeps step is not', () => {
  const told = (walked: number, now: number | null) => whyOnTheWay(row('Digits', { now }), walked);
  expect(told(0.5, 0.85)).toMatch(/^An answer turns as soon as/);
  expect(told(0.5, 0.55)).toMatch(/^An answer turns only when/);
  expect(told(0.5, 0.7)).toBeNull();
  expect(told(0.5, null)).toBeNull();
  expect(told(0, 0.5)).toBeNull();
  expect(told(1, 0.9)).toBeNull();
  // Past the fine-tuned model it is worse, beyond the interval, or not.
  expect(told(1.5, 0.8)).toBe('Past 1 the weights are where no training took them.');
  expect(told(1.5, 0.86)).toBeNull();
  expect(whyOnTheWay(row('Digits', { now: 0.4, tuned: 0.5 }), 0.5)).toBeNull();
});

test('a task below the base is explained by what was added beside its own change', () => {
  const cars = row('Cars', { now: 0.4 });
  const fine = row('Digits', { now: 0.8 });
  const general = row('Shapes', { now: 0.1, trained: false });
  expect(whyBelowBase([fine, cars, general], [0.4, 0.4])).toBe(
    'Cars is below the base: with 0.4 of its own change comes the change of one other task, which was not made for it.',
  );
  expect(whyBelowBase([fine, fine, cars], [1, 0.4, 0])).toBe(
    'Cars is below the base: with none of its own change come the changes of 2 other tasks, which were not made for it.',
  );
  expect(whyBelowBase([fine, cars], [0, -1])).toBe(
    'Cars is below the base: the opposite of what it learned is added.',
  );
  // Within the interval, of its own change alone, not scored yet.
  expect(whyBelowBase([fine, row('Cars', { now: 0.46 })], [0.4, 0.4])).toBeNull();
  expect(whyBelowBase([fine, cars], [0, 1.5])).toBeNull();
  expect(whyBelowBase([fine, row('Cars', {})], [0.4, 0.4])).toBeNull();
});

const point = (density: number, accuracy: number, jaccard: number) => ({
  ...{ density, accuracy, jaccard, half: 0.04 },
});

test('a search is credited only where it does better beyond the interval', () => {
  const score = (right: number) => ({ task: 0, right, n: 300, of: 300 });
  // 80 ± 4.5 % against 69 ± 5.2 %, and against 75 ± 4.9 %.
  expect(whySearched(score(240), score(207))).toMatch(/^Both masks let as many/);
  expect(whySearched(score(240), score(226))).toBeNull();
  expect(whySearched(score(207), score(240))).toBeNull();
  expect(whySearched(undefined, score(207))).toBeNull();
});

test('a dip between the best density and everything is explained, and only there', () => {
  // House numbers and land use of the demo, measured by scripts/demo with torch.
  const land = [point(0.2, 0.718, 0.119), point(0.4, 0.667, 0.257), point(1, 0.712, 1)];
  expect(whyPair(land)).toBe(
    'It dips at 40\u00a0%: 74.3\u00a0% of the weights put back carry one task’s change at full size, which the other task feels too. At 100\u00a0% every change is halved, and disturbs less.',
  );
  // Traffic signs and textures: 40 % is best, and the loss at 100 % is within the interval.
  const signs = [point(0.2, 0.822, 0.113), point(0.4, 0.848, 0.253), point(1, 0.815, 1)];
  expect(whyPair(signs)).toBeNull();
  const falling = [point(0.2, 0.8, 0.1), point(0.4, 0.75, 0.25), point(1, 0.6, 1)];
  expect(whyPair(falling)).toBe(
    'With everything put back the two meet on 100.0\u00a0% of the weights, where each gets half of its own change and half of the other’s; at 20\u00a0% they meet on 10.0\u00a0%.',
  );
  expect(whyPair(falling.slice(0, 2))).toBeNull();
  expect(whyPair([])).toBeNull();
});

const method = (id: string, normalised: number | null, changed: number, general: number | null) =>
  ({
    ...{ id, label: id, mean: normalised, normalised, changed, general, seconds: 1 },
  }) satisfies ComparedMethod;

test('TIES leads where it lets more through and the tasks meet on few weights', () => {
  const stitch = method('dataless', 0.78, 0.097, 0.99);
  const average = method('average', 0.909, 0.998, 0.918);
  // Digits and house numbers: 2 · 20 % less 35.1 % changed are held by both, 13.8 % of those changed.
  const ties = method('ties', 0.921, 0.3514, 0.902);
  expect(whyBest([average, ties, stitch], 2, 0.05)).toBe(
    'TIES lets 20.0\u00a0% of each task’s changes through, the stitch 5.0\u00a0%: more of each skill comes along, and the tasks meet on few weights, 13.8\u00a0% of those changed.',
  );
  // Eight tasks hold 160 %: they meet nearly everywhere.
  expect(whyBest([method('ties', 0.921, 0.8, 0.9), stitch], 8, 0.05)).toBe(
    'TIES lets 20.0\u00a0% of each task’s changes through, the stitch 5.0\u00a0%: more of each skill comes along.',
  );
  // At 20 % and more the stitch lets as much through.
  expect(whyBest([ties, stitch], 2, 0.2)).toBeNull();
  expect(whyBest([method('ties', 0.785, 0.35, 0.9), stitch], 2, 0.05)).toBeNull();
});

test('a method that changes more weights is said to cost the base only where it does', () => {
  const stitch = method('dataless', 0.78, 0.097, 0.99);
  expect(whyBest([method('average', 0.909, 0.998, 0.918), stitch], 2, 0.05)).toBe(
    'It changes 99.8\u00a0% of the weights, the stitch 9.7\u00a0%: more of each skill comes along, and less is left of what the base knew: 91.8\u00a0%, the stitch 99.0\u00a0%.',
  );
  expect(whyBest([method('average', 0.909, 0.998, null), stitch], 2, 0.05)).toBe(
    'It changes 99.8\u00a0% of the weights, the stitch 9.7\u00a0%: more of each skill comes along.',
  );
  expect(whyBest([method('joint', 0.93, 0.097, 0.98), stitch], 2, 0.05)).toMatch(
    /^As many weights as in the largest-change stitch/,
  );
  expect(whyBest([stitch, method('average', 0.7, 0.998, 0.9)], 2, 0.05)).toBeNull();
  expect(whyBest([], 2, 0.05)).toBeNull();
  // One task alone does not meet another.
  expect(whyBest([method('average', 0.909, 0.998, 0.918), stitch], 1, 0.05)).toBeNull();
});
