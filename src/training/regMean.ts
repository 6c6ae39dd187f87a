import { throwIfCancelled } from '../errors.ts';
import type { Batch, Block, Tensor, Tf } from '../models/block.ts';
import { readF32 } from '../models/readF32.ts';
import { createReaderSource } from '../models/readerSource.ts';
import { factorize, solve } from './cholesky.ts';
import type { Learned, Learner, TrainingHost, TrainingInput } from './learner.ts';
import { putMade } from './made.ts';
import { rowsAt } from './trainStep.ts';

/** Linear layers whose outputs are nearest to the fine-tuned ones' (Jin et al. 2023, arXiv:2212.09849, equation 2). */
export const regMeanLearner: Learner = {
  stage: 'Measuring layer inputs',
  needs: 'Examples of every task; their labels are not looked at.',
  classesOnly: false,
  run: mergeByGrams,
};

/** XᵀX of what a task feeds a linear layer, over so many rows; `turned` where the layer's weight is [out, in]. */
interface Gram {
  sum: Tensor;
  rows: number;
  turned: boolean;
}

/** Ridge of a singular matrix, relative to its mean diagonal value. */
const ridge = 1e-6;

async function mergeByGrams(input: TrainingInput, host: TrainingHost): Promise<Learned> {
  const { tasks, scope } = input;
  const numbers = new Map(scope.map(({ base }, t) => [base.name, t]));
  const done = new Set<number>();
  const regularised: string[] = [];
  const walks = tasks.map((_, u) => walkOf(input, host, u));
  const depth = Math.max(...tasks.map(({ floats }) => floats.length));
  const shared = sharedNames(tasks[0]?.floats ?? []);
  try {
    for (let b = 0; b < depth; b++) {
      const grams: Map<string, Gram>[] = [];
      try {
        for (const walk of walks) {
          grams.push(new Map());
          await walk.through(b, grams.at(-1)!);
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
          throwIfCancelled(host.signal);
          await host.resumed();
          if (await mergeLayer(input, host, t, own)) regularised.push(name);
          done.add(t);
        }
      } finally {
        grams.forEach((each) => each.forEach(({ sum }) => sum.dispose()));
      }
    }
    for (const t of scope.keys()) if (!done.has(t)) await average(input, host, t);
  } finally {
    walks.forEach((walk) => walk.close());
  }
  return { made: true, notes: notesOn(regularised) };
}

function notesOn(regularised: readonly string[]): string[] {
  if (regularised.length === 0) return [];
  return [
    `The inputs of ${regularised.length} layers do not span all directions, so that their equations were regularised: ${regularised.slice(0, 3).join(', ')}${regularised.length > 3 ? ' and others' : ''}. More examples help.`,
  ];
}

/** A fine-tuned model taken through its blocks one at a time, with the inputs of the next block in memory. */
function walkOf({ tasks, parameters, settings }: TrainingInput, host: TrainingHost, u: number) {
  const { task, floats, tuned, model } = tasks[u]!;
  const { tf } = host.tensors;
  const source = createReaderSource(host.tensors, ({ of }) => (of === 'model' ? model : tuned), 0);
  const examples = Math.min(parameters[u]?.examples ?? 256, task.train?.size ?? 0);
  const batches: number[][] = [];
  for (let left = examples; left > 0; left -= batches.at(-1)!.length)
    batches.push(rowsAt(task, batches.length, settings).slice(0, left));
  const inputs: ({ values: Float32Array; shape: number[] } | null)[] = batches.map(() => null);
  return {
    async through(b: number, grams: Map<string, Gram>): Promise<void> {
      const block = floats[b];
      if (!block) return;
      const loaded = await source.load(block);
      try {
        for (const [i, rows] of batches.entries()) {
          throwIfCancelled(host.signal);
          await host.resumed();
          const batch = await task.train!.batch(tf, rows);
          const told = await tokensOf(batch);
          const y = tf.tidy(() => {
            const from = inputs[i];
            const x = from ? tf.tensor(from.values, from.shape) : null;
            const watched = watching(tf, loaded.params, batch, told, grams);
            return block.forward(watched, (name) => loaded.params.get(name)!, x, batch);
          });
          inputs[i] = { values: await y.data<'float32'>(), shape: y.shape };
          y.dispose();
          Object.values(batch).forEach((tensor) => tensor?.dispose());
        }
      } finally {
        loaded.release();
      }
    },
    close: () => source.close(),
  };
}

/** Tokens of a batch that are no padding. */
async function tokensOf({ attention }: Batch): Promise<number> {
  const marks = await attention?.data<'float32'>();
  return marks?.reduce((sum, mark) => sum + mark, 0) ?? 0;
}

/** tfjs that adds up XᵀX of the rows, padding left out (`told` are none), that are multiplied with a parameter. */
function watching(
  tf: Tf,
  params: ReadonlyMap<string, Tensor>,
  { attention }: Batch,
  told: number,
  grams: Map<string, Gram>,
): Tf {
  const names = new Map([...params].map(([name, tensor]) => [tensor, name]));
  const matMul = (a: Tensor, b: Tensor, turnA = false, turnB = false) => {
    const name = names.get(b);
    if (name !== undefined && !turnA && a.rank === 2) {
      const tokens = attention?.size === a.shape[0] ? attention : undefined;
      const known = grams.get(name);
      const sum = tf.tidy(() => {
        const rows = tokens ? tf.mul(a, tf.reshape(tokens, [-1, 1])) : a;
        const gram = tf.matMul(rows, rows, true, false);
        return tf.keep(known ? tf.add(known.sum, gram) : gram);
      });
      const count = tokens ? told : (a.shape[0] ?? 0);
      known?.sum.dispose();
      grams.set(name, { sum, rows: (known?.rows ?? 0) + count, turned: turnB });
    }
    return tf.matMul(a, b, turnA, turnB);
  };
  return Object.create(tf, { matMul: { value: matMul } }) as Tf;
}

/** Merges layer `t` as (Σ Gᵢ)⁻¹ Σ Gᵢ Wᵢ, Gᵢ per row and with smaller off-diagonals; true when that had to be regularised. */
async function mergeLayer(
  { tasks, scope, parameters }: TrainingInput,
  { scratch }: TrainingHost,
  t: number,
  grams: readonly Gram[],
): Promise<boolean> {
  const { base, tuned } = scope[t]!;
  const { turned } = grams[0]!;
  const [outer = 0, inner = 0] = base.shape;
  const [n, columns] = turned ? [inner, outer] : [outer, inner];
  const at = (i: number, c: number) => (turned ? c * n + i : i * columns + c);
  const scaled: Float64Array[] = [];
  for (const [u, { sum, rows }] of grams.entries()) {
    const { weight = 1, alpha = 1 } = parameters[u] ?? {};
    const values = Float64Array.from(await sum.data());
    values.forEach((x, k) => (values[k] = ((weight * x) / rows) * (k % (n + 1) === 0 ? 1 : alpha)));
    scaled.push(values);
  }
  const models = await Promise.all(tasks.map((each, u) => readF32(each.tuned, tuned[u]!)));
  const total = () => {
    const sum = new Float64Array(n * n);
    for (const each of scaled) for (let k = 0; k < sum.length; k++) sum[k]! += each[k]!;
    return sum;
  };
  let l = total();
  const added = factorize(l, n) ? 0 : 1;
  if (added) {
    const sum = total();
    let mean = 0;
    for (let i = 0; i < n; i++) mean += sum[i * n + i]! / n;
    for (const each of scaled)
      for (let i = 0; i < n; i++) each[i * n + i]! += (ridge * (mean || 1)) / scaled.length;
    l = total();
    factorize(l, n, 0);
  }
  const right = new Float64Array(n * columns);
  for (const [u, gram] of scaled.entries())
    for (let i = 0; i < n; i++)
      for (let k = 0; k < n; k++) {
        const g = gram[i * n + k]!;
        for (let c = 0; c < columns; c++) right[i * columns + c]! += g * models[u]![at(k, c)]!;
      }
  solve(l, n, right, columns);
  const out = new Float32Array(n * columns);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < columns; c++) out[at(i, c)] = right[i * columns + c]!;
  await putMade(scratch, t, out);
  return added === 1;
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
