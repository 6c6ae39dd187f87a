import { describe, expect, it } from 'vitest';
import type { Score, TensorStats } from '../api/results.ts';
import { type ReportedRun, reportTables } from './reportTables.ts';

const score = (model: Score['model'], task: string, value: number): Score => ({
  ...{ model, task, metric: 'accuracy', value, n: 100 },
});

const tensor = (layer: number, component: string, kept: number[]): TensorStats => ({
  ...{ name: `${layer}`, layer, component, elements: 50, kept, changed: 0 },
});

/** Two masks of 20 and 30 of 100 positions that share 10. */
const stitch: ReportedRun = {
  name: 'Stitch',
  masks: true,
  paper: { a: 61.5 },
  result: {
    models: ['a', 'b'],
    scores: [
      ...[score('base', 'a', 0.5), score('base', 'b', 0.25)],
      ...[score('finetuned', 'a', 0.9), score('finetuned', 'b', 0.8)],
      ...[score('graft', 'a', 0.7), score('graft', 'b', 0.75)],
      ...[score('merged', 'a', 0.6), score('merged', 'b', 0.7)],
    ],
    general: [score('base', 'news', 1), score('merged', 'news', 0.5)],
    intersections: [20, 10, 10, 30],
    owners: [60, 30, 10],
    tensors: [tensor(0, 'attention', [5, 30]), tensor(1, 'MLP', [15, 0])],
    parameters: { total: 200, scope: 100, changed: 40 },
    localized: [],
    seconds: { localize: 3, merge: 1, evaluate: 2 },
  },
};
const average: ReportedRun = {
  name: 'Average of one',
  masks: false,
  result: { ...stitch.result, general: [], scores: [score('merged', 'b', 0.4)] },
};

const rowsOf = (...args: Parameters<typeof reportTables>) =>
  reportTables(...args).map(({ table }) => table.rows);

describe('tables of recipes side by side', () => {
  it('tell scores, the references once, and a paper’s beneath', () => {
    const [found, ...others] = reportTables(['scores'], [stitch, average]);
    expect(others).toEqual([]);
    expect(found?.title).toBe('Accuracy of the merged model');
    expect(found?.table.columns.map(({ label }) => label)).toEqual(['Method', 'a', 'b', 'Mean']);
    expect(found?.table.rows).toEqual([
      ['Base', 0.5, 0.25, 0.375],
      ['Fine-tuned', 0.9, 0.8, expect.closeTo(0.85)],
      ['Stitch', 0.6, 0.7, expect.closeTo(0.65)],
      ['  in the paper', 0.615, '–', '–'],
      ['Average of one', '–', 0.4, 0.4],
    ]);
  });

  it('tell grafts of methods that have them, and general tasks without a mean of one', () => {
    expect(rowsOf(['grafts'], [stitch, average])).toEqual([
      [
        ['Base', 0.5, 0.25, 0.375],
        ['Fine-tuned', 0.9, 0.8, expect.closeTo(0.85)],
        ['Stitch', 0.7, 0.75, 0.725],
      ],
    ]);
    expect(rowsOf(['general'], [stitch])).toEqual([
      [
        ['Base', 1],
        ['Stitch', 0.5],
      ],
    ]);
  });

  it('tell of masks where they overlap, lie, and who owns what', () => {
    const [overlap, layers, components, owners] = rowsOf(
      ['overlap', 'layers', 'components', 'owners'],
      [stitch, average],
    );
    // 10 shared of 20 + 30 − 10.
    expect(overlap).toEqual([
      ['a', 1, 0.25],
      ['b', 0.25, 1],
    ]);
    expect(layers).toEqual([
      ['Layer 1', 0.25, 1, 0.5],
      ['Layer 2', 0.75, 0, 0.5],
    ]);
    expect(components?.map(([part]) => part)).toEqual(['Attention', 'MLP']);
    expect(owners).toEqual([['Stitch', 0.6, 0.3, 0.1]]);
  });

  it('tell seconds, and leave out what there is nothing to tell of', () => {
    expect(rowsOf(['grafts', 'general', 'overlap', 'owners', 'seconds'], [average])).toEqual([
      [['Average of one', 3, 1, 2]],
    ]);
  });
});
