import { createBreathe, type Breathe } from '../breathe.ts';
import { AppError } from '../errors.ts';
import type { Block } from '../models/block.ts';
import { readF32 } from '../models/readF32.ts';
import { factorize, solve } from './cholesky.ts';
import { walkOf, type Gram } from './grams.ts';
import type { Learned, Learner, TrainingHost, TrainingInput } from './learner.ts';
import { putMade } from './made.ts';

/** Linear layers whose outputs are nearest to the fine-tuned ones' (Jin et al. 2023, arXiv:2212.09849, equation 2). */
export const regMeanLearner: Learner = {
  stage: 'Measuring layer inputs',
  needs: 'Examples of every task; their labels are not looked at.',
  classesOnly: false,
  run: (input, host) => mergeByGrams(input, host, false),
};

/** The same on the inputs that the blocks merged before make (Nguyen et al. 2025, arXiv:2508.03121). */
export const regMeanPlusPlusLearner: Learner = {
  ...regMeanLearner,
  run: (input, host) => mergeByGrams(input, host, true),
};

/** Ridge of a singular matrix, relative to its mean diagonal value. */
const ridge = 1e-6;

async function mergeByGrams(
  input: TrainingInput,
  host: TrainingHost,
  onMerged: boolean,
): Promise<Learned> {
  const { tasks, scope } = input;
  const numbers = new Map(scope.map(({ base }, t) => [base.name, t]));
  const done = new Set<number>();
  const regularised: string[] = [];
  const walks = tasks.map((_, u) => walkOf(input, host, u, onMerged));
  const depth = Math.max(...tasks.map(({ floats }) => floats.length));
  const shared = sharedNames(tasks[0]?.floats ?? []);
  const averageRest = async (names: Iterable<string>) => {
    for (const name of names) {
      const t = numbers.get(name);
      if (t === undefined || done.has(t)) continue;
      await average(input, host, t);
      done.add(t);
    }
  };
  try {
    for (let b = 0; b < depth; b++) {
      const grams: Map<string, Gram>[] = [];
      try {
        for (const walk of walks) {
          grams.push(new Map());
          await walk.watch(b, grams.at(-1)!);
          host.onProgress(
            b * tasks.length + grams.length,
            (depth + 1) * tasks.length,
            `block ${b}`,
          );
        }
        for (const name of grams[0]?.keys() ?? []) {
          const t = numbers.get(name);
          const own = grams.flatMap((each) => each.get(name) ?? []);
          if (t === undefined || shared.has(name) || own.length < tasks.length) continue;
          if (await mergeLayer(input, host, t, own)) regularised.push(name);
          done.add(t);
        }
      } finally {
        grams.forEach((each) => each.forEach(({ sum }) => sum.dispose()));
      }
      if (!onMerged) continue;
      await averageRest(tasks.flatMap(({ floats }) => namesIn(floats[b])));
      for (const walk of walks) await walk.passMerged(b);
    }
    await averageRest(numbers.keys());
  } finally {
    walks.forEach((walk) => walk.close());
  }
  return { made: true, notes: notesOn(regularised) };
}

const namesIn = (block: Block | undefined) => block?.tensors.map(({ info }) => info.name) ?? [];

function notesOn(regularised: readonly string[]): string[] {
  if (regularised.length === 0) return [];
  return [
    `The inputs of ${regularised.length} layers do not span all directions, so that their equations were regularised: ${regularised.slice(0, 3).join(', ')}${regularised.length > 3 ? ' and others' : ''}. More examples help.`,
  ];
}

/** Merges layer `t` as (Σ Gᵢ)⁻¹ Σ Gᵢ Wᵢ, Gᵢ per row and with smaller off-diagonals; true when that had to be regularised. */
async function mergeLayer(
  input: TrainingInput,
  host: TrainingHost,
  t: number,
  grams: readonly Gram[],
): Promise<boolean> {
  const { base } = input.scope[t]!;
  const [outer = 0, inner = 0] = base.shape;
  const turned = grams[0]?.turned ?? false;
  const [n, columns] = turned ? [inner, outer] : [outer, inner];
  const breathe = createBreathe(host.signal, host.resumed);
  let { left, right } = await equationsOf(input, t, grams, { n, columns, ridge: 0 }, breathe);
  const regular = await factorize(left, n, breathe);
  if (!regular) {
    ({ left, right } = await equationsOf(input, t, grams, { n, columns, ridge }, breathe));
    if (!(await factorize(left, n, breathe, 0)))
      throw new AppError(
        'Incompatible',
        `What ${base.name} is fed holds NaN or infinity. Look for NaN weights in the checkpoints, and leave that tensor out of the scope.`,
      );
  }
  await solve(left, n, right, columns, breathe);
  await putMade(host.scratch, t, Float32Array.from(turned ? transpose(right, n) : right));
  return !regular;
}

/** Σ Gᵢ [n × n] and Σ Gᵢ Wᵢ [n × columns] with a share of the mean diagonal value added to the diagonals, one task at a time. */
async function equationsOf(
  { tasks, scope, parameters }: TrainingInput,
  t: number,
  grams: readonly Gram[],
  { n, columns, ridge }: { n: number; columns: number; ridge: number },
  breathe: Breathe,
): Promise<{ left: Float64Array; right: Float64Array }> {
  const left = new Float64Array(n * n);
  const right = new Float64Array(n * columns);
  for (const [u, { sum, rows, turned }] of grams.entries()) {
    const { weight = 1, alpha = 1 } = parameters[u] ?? {};
    const gram = await sum.data<'float32'>();
    const stored = await readF32(tasks[u]!.tuned, scope[t]!.tuned[u]!);
    const model = turned ? transpose(stored, columns) : stored;
    let trace = 0;
    for (let i = 0; i < n; i++) trace += gram[i * n + i]!;
    const added = ridge * ((weight * trace) / rows / n || 1);
    for (let i = 0; i < n; i++) {
      const to = right.subarray(i * columns, (i + 1) * columns);
      for (let k = 0; k < n; k++) {
        const g =
          ((weight * gram[i * n + k]!) / rows) * (i === k ? 1 : alpha) + (i === k ? added : 0);
        left[i * n + k]! += g;
        const from = k * columns;
        for (let c = 0; c < columns; c++) to[c]! += g * model[from + c]!;
      }
      await breathe();
    }
  }
  return { left, right };
}

/** A matrix of so many rows, columns first. */
function transpose<Values extends Float32Array | Float64Array>(
  values: Values,
  rows: number,
): Values {
  const columns = values.length / rows;
  const turned = values.slice() as Values;
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < columns; c++) turned[c * rows + i] = values[i * columns + c]!;
  return turned;
}

/** Merges tensor `t` as the weighted mean. */
async function average(
  { tasks, scope, parameters }: TrainingInput,
  { scratch }: TrainingHost,
  t: number,
): Promise<void> {
  const weights = tasks.map((_, u) => parameters[u]?.weight ?? 1);
  const total = weights.reduce((a, b) => a + b, 0);
  let out: Float64Array | null = null;
  for (const [u, { tuned }] of tasks.entries()) {
    const values = await readF32(tuned, scope[t]!.tuned[u]!);
    out ??= new Float64Array(values.length);
    for (let k = 0; k < values.length; k++) out[k]! += (weights[u]! / total) * values[k]!;
  }
  await putMade(scratch, t, Float32Array.from(out ?? []));
}

/** Names that several blocks read: a tied embedding is no linear layer. */
function sharedNames(blocks: readonly Block[]): Set<string> {
  const all = blocks.flatMap(({ tensors }) => tensors.map(({ info }) => info.name));
  return new Set(all.filter((name, i) => all.indexOf(name) !== i));
}
