import { createBreathe, type Breathe } from '../breathe.ts';
import { incompatible } from '../errors.ts';
import { readF32 } from '../models/readF32.ts';
import { release } from '../tensor/release.ts';
import { addProduct } from './addProduct.ts';
import { factorize, solve } from './cholesky.ts';
import type { Gram } from './grams.ts';
import type { TrainingHost, TrainingInput } from './learner.ts';
import { putMade } from './made.ts';

/** Ridge of a singular matrix, relative to its mean diagonal value. */
const ridge = 1e-6;

/** Merges layer `t` as (Σ Gᵢ)⁻¹ Σ Gᵢ Wᵢ, Gᵢ per row and with smaller off-diagonals; true when that had to be regularised. */
export async function mergeLayer(
  input: TrainingInput,
  host: TrainingHost,
  t: number,
  grams: readonly Gram[],
): Promise<boolean> {
  const { base } = input.scope[t]!;
  const [outer = 0, inner = 0] = base.shape;
  const turned = grams[0]?.turned ?? false;
  const [n, columns] = turned ? [inner, outer] : [outer, inner];
  const layer = { input, t, grams, n, columns };
  const breathe = createBreathe(host.signal, host.resumed);
  const { left, right } = await equationsOf(layer, breathe);
  const diagonal = Float64Array.from({ length: n }, (_, i) => left[i * n + i]!);
  const regular = await factorize(left, n, breathe);
  if (!regular) {
    const added = await addRidges(layer, right);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) left[i * n + k] = left[k * n + i]!;
      left[i * n + i] = diagonal[i]! + added;
    }
    if (!(await factorize(left, n, breathe, 0)))
      throw incompatible(
        `What ${base.name} is fed holds NaN or infinity. Look for NaN weights in the checkpoints, and leave that tensor out of the scope.`,
      );
  }
  await solve(left, n, right, columns, breathe);
  const merged = turned ? transpose(right, n) : right;
  await putMade(host.scratch, t, Float32Array.from(merged));
  free(left, right, merged);
  return !regular;
}

/** Layer `t` of a merge, with so many inputs and outputs. */
interface Layer {
  input: TrainingInput;
  t: number;
  grams: readonly Gram[];
  n: number;
  columns: number;
}

/** Σ Gᵢ [n × n] and Σ Gᵢ Wᵢ [n × columns], one task at a time. */
async function equationsOf(
  layer: Layer,
  breathe: Breathe,
): Promise<Record<'left' | 'right', Float64Array<ArrayBuffer>>> {
  const { input, grams, n, columns } = layer;
  const left = new Float64Array(n * n);
  const right = new Float64Array(n * columns);
  for (const [u, { sum, rows }] of grams.entries()) {
    const { weight = 1, alpha = 1 } = input.parameters[u] ?? {};
    const gram = await sum.data<'float32'>();
    const model = await modelOf(layer, u);
    for (let first = 0; first < n; first += 2) {
      const pair = [first, first + 1].filter((i) => i < n);
      const own = Float64Array.from(gram.subarray(first * n, (first + pair.length) * n), (g) => {
        return ((weight * g) / rows) * alpha;
      });
      for (const [r, i] of pair.entries()) own[r * n + i] = (weight * gram[i * n + i]!) / rows;
      for (let k = 0; k < own.length; k++) left[first * n + k]! += own[k]!;
      addProduct(right, pair, own, model, [0, n], columns);
      await breathe();
    }
    free(model);
  }
  return { left, right };
}

/** Adds to Σ Gᵢ Wᵢ what a share of the mean diagonal values on the diagonals of Gᵢ adds, and returns their sum. */
async function addRidges(layer: Layer, right: Float64Array): Promise<number> {
  const { input, grams, n } = layer;
  let total = 0;
  for (const [u, { sum, rows }] of grams.entries()) {
    const { weight = 1 } = input.parameters[u] ?? {};
    const gram = await sum.data<'float32'>();
    let trace = 0;
    for (let i = 0; i < n; i++) trace += gram[i * n + i]!;
    const added = ridge * ((weight * trace) / rows / n || 1);
    const model = await modelOf(layer, u);
    for (let k = 0; k < right.length; k++) right[k]! += added * model[k]!;
    free(model);
    total += added;
  }
  return total;
}

/** The layer of model `u` as [inputs × outputs]. */
async function modelOf(
  { input: { tasks, scope }, t, grams, columns }: Layer,
  u: number,
): Promise<Float64Array<ArrayBuffer>> {
  const stored = await readF32(tasks[u]!.tuned, scope[t]!.tuned[u]!);
  const wide = Float64Array.from(stored);
  free(stored);
  if (!grams[u]!.turned) return wide;
  const model = transpose(wide, columns);
  free(wide);
  return model;
}

/** A matrix of so many rows, columns first. */
function transpose(values: Float64Array<ArrayBuffer>, rows: number): Float64Array<ArrayBuffer> {
  const columns = values.length / rows;
  const turned = values.slice();
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < columns; c++) turned[c * rows + i] = values[i * columns + c]!;
  return turned;
}

function free(...arrays: ArrayBufferView<ArrayBuffer>[]): void {
  new Set(arrays).forEach((each) => release(each));
}
