import { expect, test } from 'vitest';
import { mulberry32 } from '../../data/random.ts';
import { symmetricEigen } from './eigen.ts';
import { openWorkspace, turned } from './workspace.ts';

const random = mulberry32(3);

/** Q·diag(values)·Qᵀ, Q a product of reflections of noise. */
function withEigenvalues(values: readonly number[]): Float64Array {
  const n = values.length;
  const a = new Float64Array(n * n);
  values.forEach((value, i) => (a[i * n + i] = value));
  for (let count = 0; count < 3; count++) {
    const u = Float64Array.from({ length: n }, () => random() - 0.5);
    const scale = 2 / u.reduce((sum, x) => sum + x * x, 0);
    const left = u.map((_, j) => u.reduce((sum, x, i) => sum + x * a[i * n + j]!, 0));
    const inner = u.reduce((sum, x, i) => sum + x * left[i]!, 0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        a[i * n + j]! +=
          -scale * (u[i]! * left[j]! + left[i]! * u[j]!) + scale ** 2 * inner * u[i]! * u[j]!;
  }
  return a;
}

const range = (count: number, at: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => at(i));

const spectra: Record<string, number[]> = {
  'one value': [3],
  'values far apart': range(70, (i) => 1 + i),
  'values of ten decades': range(90, (i) => 10 ** (-i / 9)),
  'pairs that rounding cannot tell apart': range(80, (i) => 1 + (i >> 1)),
  'clusters of ten, 1e-12 wide': range(120, (i) => 1 + Math.floor(i / 10) + 1e-13 * (i % 10)),
  'equal values, more than inverse iteration takes': range(150, (i) => (i < 100 ? 2 : 1 + i / 999)),
  'values of which half are 0': range(60, (i) => Math.max(0, i - 29)),
  zeros: range(9, () => 0),
};

test.each(Object.entries(spectra))('%s are found, with orthogonal vectors', async (_, values) => {
  const workspace = await openWorkspace();
  const n = values.length;
  const a = withEigenvalues(values);
  const falling = values.toSorted((x, y) => y - x);
  const size = Math.max(falling[0]!, 2 ** -1000);
  workspace.within(() => {
    const lost = workspace.zeros(n, n);
    workspace.doubles(lost).set(a);
    const found = symmetricEigen(workspace, lost, (all) => [...all.keys()]);
    found.values.forEach((x, i) =>
      expect(Math.abs(x - falling[i]!) / size).toBeLessThan(1e-13 * n),
    );
    const vectors = workspace.doubles(found.vectors).slice();
    const kept = workspace.zeros(n, n);
    workspace.doubles(kept).set(a);
    const [images, products] = [workspace.zeros(n, n), workspace.zeros(n, n)];
    workspace.multiply(images, found.vectors, kept);
    workspace.multiply(products, found.vectors, turned(found.vectors));
    const residues = workspace.doubles(images).map((x, k) => {
      return (x - found.values[Math.floor(k / n)]! * vectors[k]!) / size;
    });
    const overlaps = workspace.doubles(products).map((x, k) => x - (k % (n + 1) === 0 ? 1 : 0));
    expect(Math.max(...residues.map(Math.abs))).toBeLessThan(1e-9);
    expect(Math.max(...overlaps.map(Math.abs))).toBeLessThan(1e-5);
  });
});

test('vectors come for the places that were chosen, and memory is given back', async () => {
  const workspace = await openWorkspace();
  const place = () => workspace.within(() => workspace.zeros(1, 1).at);
  const before = place();
  const a = withEigenvalues([1, 4, 2, 3]);
  const [all, some] = [
    [0, 1, 2, 3],
    [1, 3],
  ].map((chosen) =>
    workspace.within(() => {
      const lost = workspace.zeros(4, 4);
      workspace.doubles(lost).set(a);
      return workspace.doubles(symmetricEigen(workspace, lost, () => chosen).vectors).slice();
    }),
  );
  for (const [row, of] of [1, 3].entries())
    for (let j = 0; j < 4; j++)
      expect(Math.abs(some![row * 4 + j]!)).toBeCloseTo(Math.abs(all![of * 4 + j]!), 12);
  expect(some).toHaveLength(8);
  expect(place()).toBe(before);
});
