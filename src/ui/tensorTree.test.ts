import { expect, it } from 'vitest';
import { type Branch, tensorTree } from './tensorTree.ts';

const leaf = (name: string, bytes = 4) => ({ name, dtype: 'F32', shape: [1], bytes });
const outline = (branch: Branch): unknown => [
  branch.label,
  branch.count,
  ...branch.branches.map(outline),
  ...branch.leaves.map(({ label }) => label),
];

it('groups tensors by the dots in their names and joins chains of single children', () => {
  const names = ['enc.layer.0.q.weight', 'enc.layer.0.q.bias', 'enc.layer.1.q.weight', 'bias'];
  expect(outline(tensorTree(names.map((name) => leaf(name))))).toEqual([
    '',
    4,
    ['enc.layer', 3, ['0.q', 2, 'weight', 'bias'], ['1.q', 1, 'weight']],
    'bias',
  ]);
});

it('adds up bytes and takes names that only look like object properties', () => {
  const tree = tensorTree([leaf('__proto__.weight', 8), leaf('constructor', 2)]);
  expect(tree.bytes).toBe(10);
  expect(tree.branches.map(({ label }) => label)).toEqual(['__proto__']);
});
