import type { Products } from './sums.ts';

/** Below this sine two vectors are parallel, and between them the straight line is taken. */
const parallel = 1e-4;

/** Weights of the point at t on the great circle from the first vector to the second (Shoemake 1985). */
export function slerpWeights(
  products: Products,
  t: number,
  { leastSine = parallel, zerosCosine = 1 } = {},
): [number, number] {
  const [u, v] = lengths(products);
  const size = u! * v!;
  const angle = Math.acos(size > 0 ? clamp((products[0]?.[1] ?? 0) / size) : zerosCosine);
  const sine = Math.sin(angle);
  if (!(sine >= leastSine)) return [1 - t, t];
  return [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
}

/**
 * Weights of the mean of directions, as long as the vectors are on average; the plain mean of opposite ones. Weights of
 * vectors that are not 0 count by their share in `total`, by default in their sum.
 */
export function directionWeights(
  products: Products,
  weights: readonly number[],
  total?: number,
): number[] {
  const { shares, norms, cosines } = onSphere(products, weights, total);
  const length = norm(shares, cosines);
  if (!(length >= parallel)) return shares;
  return scaled(
    shares.map((share) => share / length),
    shares,
    norms,
  );
}

/**
 * Weights of the Karcher mean of directions, as long as the vectors are on average: the point whose squared angles to
 * all of them add up to least, by steps along their mean tangent (Grove and Karcher 1973). `total` as above, for the length.
 */
export function karcherWeights(
  products: Products,
  weights: readonly number[],
  {
    tolerance = 1e-5,
    steps = 10,
    total,
  }: { tolerance?: number; steps?: number; total?: number } = {},
): number[] {
  if (weights.length === 1) return [1];
  const { shares, norms, cosines } = onSphere(products, weights);
  const length = norm(shares, cosines);
  if (!(length >= parallel)) return shares;
  let mean = shares.map((share) => share / length);
  for (let step = 0; step < steps; step++) {
    const dots = times(cosines, mean).map(clamp);
    const pulls = dots.map((cosine, i) => {
      const angle = Math.acos(cosine);
      return angle < tolerance ? 0 : (shares[i]! * angle) / Math.max(Math.sin(angle), tolerance);
    });
    const along = dot(dots, pulls);
    const tangent = pulls.map((pull, i) => pull - along * mean[i]!);
    const size = norm(tangent, cosines);
    if (size < tolerance) break;
    const moved = mean.map((x, i) => Math.cos(size) * x + (Math.sin(size) / size) * tangent[i]!);
    const moveNorm = norm(moved, cosines);
    mean = moved.map((x) => x / moveNorm);
  }
  return scaled(mean, onSphere(products, weights, total).shares, norms);
}

/** Shares of the vectors that are not 0, their lengths, and the cosines between them. */
function onSphere(products: Products, weights: readonly number[], of?: number) {
  const norms = lengths(products);
  const given = weights.map((weight, i) => (norms[i]! > 0 ? weight : 0));
  const total = of ?? given.reduce((a, b) => a + b, 0);
  const cosines = products.map((row, i) =>
    row.map((product, j) => (norms[i]! * norms[j]! > 0 ? product / (norms[i]! * norms[j]!) : 0)),
  );
  return { shares: given.map((weight) => weight / (total || 1)), norms, cosines };
}

/** Weights of the vectors themselves from those of their directions, for the mean length. */
function scaled(mean: number[], shares: readonly number[], norms: readonly number[]): number[] {
  const length = dot(shares, norms);
  return mean.map((x, i) => (norms[i]! > 0 ? (x * length) / norms[i]! : 0));
}

const lengths = (products: Products) => products.map((row, i) => Math.sqrt(row[i]!));
const clamp = (x: number) => Math.max(-1, Math.min(1, x));
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const times = (matrix: Products, x: readonly number[]) => matrix.map((row) => dot(row, x));
const norm = (x: readonly number[], cosines: Products) =>
  Math.sqrt(Math.max(0, dot(times(cosines, x), x)));
