import { describe, expect, it } from 'vitest';
import type { RunResult, TensorStats } from '../api/results.ts';
import { maskShares, sharesTable, sharesTitle } from './maskShares.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const tensor = (
  layer: number | null,
  component: string,
  elements: number,
  kept: number[],
): TensorStats => ({ name: `${layer} ${component}`, layer, component, elements, kept, changed: 0 });
const result: RunResult = {
  ...{ id: 'r', method: 'localize_and_stitch', models: ['a', 'b'], base: 'base' },
  parameters: { total: 400, scope: 400, changed: 0 },
  density: [],
  intersections: [],
  owners: [],
  tensors: [
    tensor(1, 'MLP', 200, [1, 0]),
    tensor(0, 'MLP', 100, [1, 2]),
    tensor(0, 'attention', 60, [6, 2]),
    tensor(null, 'embeddings', 40, [0, 0]),
  ],
  ...{ cosines: [], localized: [], scores: [], remarks: [] },
  seconds: { localize: 0, merge: 0, evaluate: 0 },
  ...{ bytesRead: 0, bytesWritten: 0, adapter: '' },
};

describe('shares of masks', () => {
  it('by component are of each mask’s positions, beside those of the weights', () => {
    expect(maskShares(result, 'component')).toEqual([
      { label: 'Attention', shares: [0.75, 0.5], scope: 0.15 },
      { label: 'MLP', shares: [0.25, 0.5], scope: 0.75 },
      { label: 'Embeddings', shares: [0, 0], scope: 0.1 },
    ]);
  });

  it('by layer are in network order, the rest last', () => {
    expect(maskShares(result, 'layer')).toEqual([
      { label: 'Layer 1', shares: [0.875, 1], scope: 0.4 },
      { label: 'Layer 2', shares: [0.125, 0], scope: 0.5 },
      { label: 'Outside the layers', shares: [0, 0], scope: 0.1 },
    ]);
  });

  it('tell the part that masks favour', () => {
    expect(plain(sharesTitle(maskShares(result, 'component'), 'component'))).toBe(
      'Masks favour Attention: 62.5 % of their positions in 15.0 % of the weights',
    );
    const even = [
      { label: 'Layer 1', shares: [0.51], scope: 0.5 },
      { label: 'Layer 2', shares: [0.49], scope: 0.5 },
    ];
    expect(sharesTitle(even, 'layer')).toBe('Masks spread over layers as the weights do');
    const empty = { ...result, tensors: [tensor(0, 'MLP', 10, [0, 0])] };
    expect(sharesTitle(maskShares(empty, 'layer'), 'layer')).toBe('No mask holds a position');
  });

  it('make a table', () => {
    const { columns, rows } = sharesTable(maskShares(result, 'layer'), result.models, 'layer');
    expect(columns.map(({ label }) => label)).toEqual(['Layer', 'a', 'b', 'Weights in scope']);
    expect(rows[0]).toEqual(['Layer 1', 0.875, 1, 0.4]);
  });
});
