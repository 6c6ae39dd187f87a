import { expect, it } from 'vitest';
import { weightRows } from './weightRows.ts';

const tensor = (layer: number | null, elements: number, weights?: number[]) => ({
  ...{ name: '', component: '', kept: [], changed: 0, layer, elements },
  ...(weights && { weights }),
});

it('averages the weights of a layer by size, the rest last', () => {
  const rows = weightRows([
    tensor(null, 5, [0.3, 0.4]),
    tensor(1, 2, [1, 0]),
    tensor(0, 30, [0, 0.25]),
    tensor(0, 10, [1, 0.25]),
  ]);
  expect(rows).toEqual([
    { label: 'Layer 1', weights: [0.25, 0.25] },
    { label: 'Layer 2', weights: [1, 0] },
    { label: 'Outside the layers', weights: [0.3, 0.4] },
  ]);
});

it('has no rows for methods that give tensors no weights', () => {
  expect(weightRows([tensor(0, 3)])).toEqual([]);
});
