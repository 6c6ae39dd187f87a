import { throwIfCancelled } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { addScaled } from '../gpu/kernels/addScaled.ts';
import { dotPartials, dotProduct } from '../gpu/kernels/dotProduct.ts';
import { floats } from '../gpu/kernels/floats.ts';
import { ScopeArrays } from '../scope/scopeArrays.ts';
import { baseValues, passingArray, sharedReads, taskVector } from '../scope/arraySpecs.ts';
import { createScopeSource, type EffectiveWeights } from '../scope/scopeSource.ts';
import type { Loss } from '../models/blockwise.ts';
import type { Task } from '../models/task.ts';
import { floatBits } from '../tensor/float.ts';
import type { Learned, TrainingHost, TrainingInput } from './learner.ts';
import { planTraining, rowsAt, trainStep } from './trainStep.ts';

const start = 0.3;
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

type TauName = `tau${number}`;

/** Mean entropy of the classes told from logits [B, C] (Yang et al. 2024, equation 6). */
export const entropy: Loss = (tf, logits) => {
  const logs = tf.logSoftmax(logits);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.exp(logs), logs), -1)));
};

/**
 * Coefficients λ of θ_pre + Σ λᵢ τᵢ, one per task and tensor or one per task, from 0.3 by Adam on the summed losses of one
 * batch of every task a step, kept within 0…1 (Yang et al. 2024, arXiv:2310.02575, §3.2).
 */
export async function learnCoefficients(
  input: TrainingInput,
  host: TrainingHost,
  asOf: (task: Task) => Pick<Task, 'blocks' | 'loss'>,
): Promise<Learned> {
  const { tasks, scope, settings } = input;
  const { steps = 1, learning_rate: rate = 0, layerwise = 1 } = input.parameters[0] ?? {};
  const plan = planTraining(input, host, 2 + tasks.length);
  const lambda = scope.map(() => tasks.map(() => start));
  const gradients = scope.map(() => tasks.map(() => 0));
  const adam = createAdam(lambda, layerwise === 1);
  const model = await scaledModel(input, host, plan.arrayBytes, lambda, gradients);
  const rests = tasks.map(({ tuned }) => plan.rest(host.tensors, input.base, tuned));
  const sources = rests.map((rest) => createScopeSource(host.tensors, model.weights, rest));
  try {
    for (let step = 0; step < steps; step++) {
      let loss = 0;
      for (const [u, { task }] of tasks.entries()) {
        throwIfCancelled(host.signal);
        await host.resumed();
        const asked = { ...task, ...asOf(task) };
        const segments = plan.segments(asked.blocks);
        const rows = rowsAt(task, step, settings);
        loss += await trainStep(host.tensors, asked, segments, rows, sources[u]!);
      }
      await model.settled();
      adam(gradients, rate, step + 1);
      gradients.forEach((row) => row.fill(0));
      host.onProgress(step + 1, steps, `loss ${(loss / tasks.length).toPrecision(3)}`);
    }
  } finally {
    await model.close();
    rests.forEach((rest) => rest.close());
  }
  return { weights: lambda, made: false, notes: [] };
}

/** The model that these coefficients make; what its gradients come to along each τ is added to `gradients`. */
async function scaledModel(
  { tasks, scope, base, kept }: TrainingInput,
  { tensors, scratch }: TrainingHost,
  arrayBytes: number,
  lambda: readonly (readonly number[])[],
  gradients: readonly number[][],
) {
  const { compute } = tensors;
  const shared = sharedReads(base);
  const taus = tasks.map((_, u): TauName => `tau${u}`);
  const specs = {
    base: baseValues(shared),
    theta: passingArray,
    ...Object.fromEntries(
      taus.map((name, u) => [name, taskVector(shared, tasks[u]!.tuned, u, kept)]),
    ),
  } as Record<'base' | 'theta' | TauName, typeof passingArray>;
  const arrays = new ScopeArrays(compute, scope, specs, scratch, arrayBytes);
  const partials = await Promise.all(taus.map(() => compute.buffer(dotPartials * 4)));
  let pending: Promise<void>[] = [];
  const addUp = (partial: ComputeBuffer, row: number[], u: number) =>
    compute.read([{ buffer: partial, bytes: dotPartials * 4 }]).then(([words]) => {
      row[u] = row[u]! + floats(words!).reduce((sum, x) => sum + x, 0);
    });
  const weights: EffectiveWeights<'base' | 'theta' | TauName> = {
    arrays,
    names: ['base', 'theta', ...taus],
    taken: [],
    changed: [],
    async write(buffers, elements, t) {
      compute.copy(buffers.base, buffers.theta, elements * 4);
      for (const [u, name] of taus.entries())
        await compute.dispatch({
          kernel: addScaled,
          buffers: [buffers[name]!, buffers.theta],
          params: new Uint32Array([elements, floatBits(lambda[t]![u]!)]),
          threads: elements,
        });
    },
    async take(gradient, buffers, elements, t) {
      for (const [u, name] of taus.entries()) {
        await compute.dispatch({
          kernel: dotProduct,
          buffers: [gradient, buffers[name]!, partials[u]!],
          params: new Uint32Array([elements]),
          threads: dotPartials,
        });
        // Read in the order of the queue, before the next tensor's product takes its place.
        pending.push(addUp(partials[u]!, gradients[t]!, u));
      }
    },
  };
  return {
    weights,
    /** Settles when all gradients taken so far are added up. */
    async settled() {
      const waiting = pending;
      pending = [];
      await Promise.all(waiting);
    },
    async close() {
      await Promise.allSettled(pending);
      partials.forEach((partial) => compute.free(partial));
      await arrays.dispose();
    },
  };
}

/** Adam (Kingma and Ba 2015) on values within 0…1, in place; those of all rows are one unless `each` row has its own. */
export function createAdam(values: readonly number[][], each: boolean) {
  const groups = each ? values.map((row) => [row]) : [values];
  const zeros = () => groups.map(([row = []]) => row.map(() => 0));
  const [m, v] = [zeros(), zeros()];
  return (gradients: readonly (readonly number[])[], rate: number, step: number): void => {
    for (const [i, rows] of groups.entries())
      for (const u of rows[0]?.keys() ?? []) {
        const own = each ? [gradients[i]!] : gradients;
        const g = own.reduce((sum, row) => sum + row[u]!, 0);
        m[i]![u] = beta1 * m[i]![u]! + (1 - beta1) * g;
        v[i]![u] = beta2 * v[i]![u]! + (1 - beta2) * g * g;
        const mean = m[i]![u]! / (1 - beta1 ** step);
        const size = Math.sqrt(v[i]![u]! / (1 - beta2 ** step)) + epsilon;
        const next = Math.min(1, Math.max(0, rows[0]![u]! - (rate * mean) / size));
        for (const row of rows) row[u] = next;
      }
  };
}
