import { expect, it } from 'vitest';
import { type SweepPoint, sweepLines, sweepTable, sweepTitle } from './sweepFigure.ts';

const point = (density: number, sum: string, a: number, b: number): SweepPoint => ({
  way: '',
  values: { 'parameters.density': density, merge_method: sum },
  scores: [
    { model: 'merged', task: 'a', metric: 'accuracy', value: a, n: 100 },
    { model: 'merged', task: 'b', metric: 'accuracy', value: b, n: 100 },
  ],
});
const points = [
  point(0.2, 'ties', 0.6, 0.8),
  point(0.1, 'ties', 0.5, 0.7),
  point(0.1, 'linear', 0.2, 0.4),
];
const tasks = ['a', 'b'];

it('draws the numbers of a sweep as x, one line for each of the other values', () => {
  const { path, lines } = sweepLines(points, 'accuracy', tasks);
  expect(path).toBe('parameters.density');
  expect(lines.map(({ label }) => label)).toEqual(['merge_method ties', 'merge_method linear']);
  expect(lines[0]?.points.map(({ x }) => x)).toEqual([0.1, 0.2]);
  expect(lines[0]?.points[1]?.y).toBeCloseTo(0.7, 12);
});

it('says where the mean is best', () => {
  const title = sweepTitle(sweepLines(points, 'accuracy', tasks), 'accuracy');
  expect(title.replaceAll('\u00a0', ' ')).toBe(
    'Mean accuracy is best, 70.0 %, at density 0.2, merge_method ties',
  );
  const words = points.slice(1);
  expect(sweepLines(words, 'accuracy', tasks)).toEqual({ path: null, lines: [] });
});

it('writes a row for each recipe', () => {
  const { columns, rows } = sweepTable(points, 'accuracy', tasks);
  expect(columns.map(({ label }) => label)).toEqual([
    ...['parameters.density', 'merge_method', 'a', 'b', 'Mean'],
  ]);
  expect(rows[0]).toEqual(['0.2', 'ties', 0.6, 0.8, expect.closeTo(0.7, 12)]);
});
