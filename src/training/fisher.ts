import { mulberry32 } from '../data/random.ts';
import { throwIfCancelled } from '../errors.ts';
import { accumulate } from '../gpu/kernels/accumulate.ts';
import { ScopeArrays } from '../scope/scopeArrays.ts';
import { keptArray } from '../scope/arraySpecs.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import { createScopeSource } from '../scope/scopeSource.ts';
import type { Loss } from '../models/blockwise.ts';
import { readF32 } from '../models/readF32.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes } from '../tensor/release.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { Learned, Learner, TrainingHost, TrainingInput } from './learner.ts';
import { lasting, putMade } from './made.ts';
import { planTraining, rowsAt, trainStep } from './trainStep.ts';

/** Least Fisher information of a weight (Matena and Raffel 2022, §3.2: where none of the models has any). */
const floor = 1e-6;

/** Means of the fine-tuned weights, each by its diagonal Fisher information (Matena and Raffel 2022, arXiv:2111.09832). */
export const fisherLearner: Learner = {
  stage: 'Measuring Fisher information',
  needs: 'Examples of every task; their labels are looked at for language models alone.',
  run: mergeByFisher,
};

async function mergeByFisher(input: TrainingInput, host: TrainingHost): Promise<Learned> {
  const { tasks, scope, parameters } = input;
  const { scratch } = host;
  const sums = scope.map(({ base }) => countElements(base) * 4);
  for (const u of tasks.keys()) {
    const { weight = 1 } = parameters[u] ?? {};
    for await (const { t, fisher, theta } of fisherOf(input, host, u)) {
      throwIfCancelled(host.signal);
      const [top, bottom] = await Promise.all(
        ['top', 'bottom'].map(async (name) => {
          const kept = u > 0 ? await scratch.read(`${name}/${t}`) : null;
          return new Float32Array((kept ?? new Uint8Array(sums[t]!)).buffer);
        }),
      );
      for (let k = 0; k < theta.length; k++) {
        const share = weight * Math.max(floor, fisher[k]!);
        top![k] = top![k]! + share * theta[k]!;
        bottom![k] = bottom![k]! + share;
        if (u + 1 === tasks.length) top![k] = top![k]! / bottom![k]!;
      }
      if (u + 1 === tasks.length) await putMade(scratch, t, top!);
      else {
        await scratch.write(`top/${t}`, asBytes(top!));
        await scratch.write(`bottom/${t}`, asBytes(bottom!));
      }
    }
  }
  const guessed = tasks.filter(({ task }) => task.labels.length === 0);
  const notes = guessed.map(
    ({ task }) => `${task.name}: the Fisher information is that of its own texts' tokens.`,
  );
  return { made: true, notes };
}

/** A fine-tuned model and its diagonal Fisher information, the mean over its examples, tensor by tensor. */
async function* fisherOf(input: TrainingInput, host: TrainingHost, u: number) {
  const { scope, tasks, settings, parameters } = input;
  const { tensors, scratch } = host;
  const { task, floats, tuned, model } = tasks[u]!;
  const one = { ...settings, batchSize: 1 };
  const plan = planTraining({ ...input, settings: one }, host, 2);
  const thetaOf = (tensor: ScopeTensor) => readF32(tuned, tensor.tuned[u]!);
  const theta = { ...keptArray, life: 'read' as const, load: thetaOf };
  const specs = { theta, fisher: keptArray };
  const arrays = new ScopeArrays(tensors.compute, scope, specs, lasting(scratch), plan.arrayBytes);
  const content = async (t: number, name: keyof typeof specs) =>
    new Float32Array((await arrays.content(t, name)).buffer);
  const rest = plan.rest(tensors, model, tuned);
  const random = mulberry32(settings.seed + u);
  const examples = Math.min(parameters[u]?.examples ?? 256, task.train?.size ?? 0);
  const trained = createScopeSource(
    tensors,
    {
      arrays,
      names: ['theta'],
      taken: ['fisher'],
      changed: ['fisher'],
      take: (gradient, { fisher }, elements) =>
        tensors.compute.dispatch({
          kernel: accumulate,
          constants: { SQUARE: 1 },
          threads: elements,
          buffers: [gradient, gradient, gradient, fisher],
          params: new Uint32Array([elements, floatBits(1)]),
        }),
    },
    rest,
  );
  try {
    for (const t of scope.keys())
      await arrays.fill(t, 'fisher', new Uint8Array(arrays.bytesOf(scope[t]!, 'fisher')));
    for (let i = 0; i < examples; i++) {
      throwIfCancelled(host.signal);
      await host.resumed();
      const signs = task.labels.map(() => (random() < 0.5 ? -1 : 1));
      const loss = signs.length > 0 ? ownAnswers(signs) : task.loss;
      const asked = { ...task, loss };
      await trainStep(tensors, asked, plan.segments(floats), rowsAt(task, i, one), trained);
      host.onProgress(u * examples + i + 1, tasks.length * examples, task.name);
    }
    for (const t of scope.keys()) {
      const [sum, theta] = await Promise.all([content(t, 'fisher'), content(t, 'theta')]);
      yield { t, fisher: sum.map((x) => x / examples), theta };
    }
  } finally {
    await arrays.dispose();
    rest.close();
  }
}

/**
 * A function of one example's logits whose squared gradient is Σ_c p_c (∇ log p_c)² on average over random signs, the
 * expectation over the model's own answers: 2 Σ_c ε_c √p_c, because ∇ 2√p = √p ∇ log p.
 */
function ownAnswers(signs: readonly number[]): Loss {
  return (tf, logits) => {
    const roots = tf.exp(tf.mul(tf.logSoftmax(logits), 0.5));
    return tf.mul(2, tf.sum(tf.mul(roots, tf.tensor1d([...signs]))));
  };
}
