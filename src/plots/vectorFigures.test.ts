import { expect, it } from 'vitest';
import type { LabTensor } from '../api/lab.ts';
import {
  formatSmall,
  histogramFinding,
  moves,
  movesFinding,
  quantile,
  vectorTable,
} from './vectorFigures.ts';

// Bins 1e-4 … 1e-3, 1e-3 … 1e-2, 1e-2 … 1e-1.
const histogram = { from: -4, to: -1, counts: [60, 35, 5], zeros: 0 };

it('finds the change that a share of the weights does not exceed', () => {
  expect(quantile(histogram, 0.5)).toBeCloseTo(1e-3, 12);
  expect(quantile(histogram, 0.95)).toBeCloseTo(1e-2, 12);
  expect(quantile(histogram, 0.99)).toBeCloseTo(1e-1, 12);
  expect(quantile({ ...histogram, zeros: 100 }, 0.5)).toBe(0);
});

it('tells how far most weights moved, and the few that moved most', () => {
  expect(histogramFinding(histogram)).toBe(
    'Half of the weights moved by less than 0.001, one in a hundred by more than 0.1',
  );
  expect(histogramFinding({ ...histogram, zeros: 200 })).toBe(
    'Half of the weights did not move, one in a hundred by more than 0.1',
  );
  expect(histogramFinding({ ...histogram, counts: [0, 0, 0], zeros: 9 })).toBe(
    'Fewer than one weight in a hundred moved',
  );
});

it('lists every bin, and the weights that stayed', () => {
  expect(vectorTable({ ...histogram, zeros: 7 }).rows).toEqual([
    ['0', 7],
    ['0.0001 to 0.001', 60],
    ['0.001 to 0.01', 35],
    ['0.01 to 0.1', 5],
  ]);
});

it('writes small numbers with two digits', () => {
  expect([0, 0.00123, 0.5, 3.41e-7, 1e-5].map(formatSmall)).toEqual([
    ...['0', '0.0012', '0.5', '3.4e-7', '1e-5'],
  ]);
});

const tensor = (component: string, layer: number | null, elements: number, tau: number) => ({
  ...({
    name: '',
    layer,
    component,
    shape: [elements],
    elements,
    tau,
    base: 2,
  } satisfies LabTensor),
});

it('joins the tensors of a component in a layer by their squares', () => {
  const list = moves([
    tensor('MLP', 0, 100, 0.1),
    tensor('attention', 1, 100, 0.3),
    // √((300 · 0.2² + 100 · 0.4²) / 400) = √0.07, of 2
    tensor('attention', 0, 300, 0.2),
    tensor('attention', 0, 100, 0.4),
    tensor('embeddings', null, 10, 0),
  ]);
  expect(list.map(({ component, layer }) => [component, layer])).toEqual([
    ['attention', 0],
    ['attention', 1],
    ['MLP', 0],
    ['embeddings', null],
  ]);
  expect(list[0]?.share).toBeCloseTo(Math.sqrt(0.07) / 2, 12);
  expect(movesFinding(list)).toBe('Furthest moved: Attention, layer 2, by 15.0\u00a0% of its size');
  expect(movesFinding(list.slice(3))).toBe('No tensor moved');
});
