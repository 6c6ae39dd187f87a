import { throwIfCancelled } from '../errors.ts';
import { adamParams, adamStep } from '../gpu/kernels/adamStep.ts';
import { ScopeArrays } from '../scope/scopeArrays.ts';
import { keptArray } from '../scope/arraySpecs.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import { createScopeSource, type EffectiveWeights } from '../scope/scopeSource.ts';
import { epochBatches } from '../data/batches.ts';
import { readF32 } from '../models/readF32.ts';
import { asBytes } from '../tensor/release.ts';
import type { Learned, Learner, TrainingHost, TrainingInput } from './learner.ts';
import { lasting, putMade } from './made.ts';
import { planTraining, trainStep } from './trainStep.ts';

/** Fine-tuning of the scope on the examples of all tasks, shuffled together or task after task, by AdamW: the control of all that merges. */
export const fewShotLearner: Learner = {
  stage: 'Fine-tuning',
  needs: 'Labelled examples of every task.',
  run: fineTuneAll,
};

async function fineTuneAll(input: TrainingInput, host: TrainingHost): Promise<Learned> {
  const { tasks, scope, parameters } = input;
  const { batchSize, seed } = input.settings;
  const { tensors } = host;
  const { epochs = 1, learning_rate: rate = 0 } = parameters[0] ?? {};
  const { from_average: average = 0, in_turn: inTurn = 0 } = parameters[0] ?? {};
  const adam = { rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 };
  const plan = planTraining(input, host, 3);
  const specs = { theta: keptArray, m: keptArray, v: keptArray };
  const scratch = lasting(host.scratch);
  const arrays = new ScopeArrays(tensors.compute, scope, specs, scratch, plan.arrayBytes);
  let [step, done] = [0, 0];
  const rests = tasks.map(({ tuned }) => plan.rest(tensors, input.base, tuned));
  const weights: EffectiveWeights<'theta' | 'm' | 'v'> = {
    arrays,
    names: ['theta'],
    taken: ['m', 'v'],
    changed: ['theta', 'm', 'v'],
    take: (gradient, { theta, m, v }, elements) =>
      tensors.compute.dispatch({
        kernel: adamStep,
        buffers: [gradient, theta, m, v],
        threads: elements,
        params: adamParams(elements, adam, step + 1),
      }),
  };
  const sources = rests.map((rest) => createScopeSource(tensors, weights, rest));
  const sizes = tasks.map(({ task }) => task.train?.size ?? 0);
  const epochsOf = (tasks: readonly number[]) =>
    Array.from({ length: epochs }, (_, epoch) =>
      epochBatches(
        tasks.map((u) => sizes[u]!),
        batchSize,
        epoch,
        seed,
      ).map(({ task, rows }) => ({
        ...{ task: tasks[task]!, rows, epoch },
      })),
    ).flat();
  const all = [...tasks.keys()];
  const turns = inTurn ? all.map((u) => epochsOf([u])) : [epochsOf(all)];
  const total = turns.flat().length;
  /** Each task has an optimiser of its own. */
  const forget = async () => {
    step = 0;
    for (const [t, tensor] of scope.entries())
      for (const name of ['m', 'v'] as const)
        await arrays.fill(t, name, new Uint8Array(arrays.bytesOf(tensor, name)));
  };
  try {
    for (const [t, tensor] of scope.entries()) {
      const theta = await (average ? averageOf(input, tensor) : readF32(input.base, tensor.base));
      await arrays.fill(t, 'theta', asBytes(theta));
    }
    for (const turn of turns) {
      if (step > 0) await forget();
      for (const { task: u, rows, epoch } of turn) {
        throwIfCancelled(host.signal);
        await host.resumed();
        const { task } = tasks[u]!;
        const segments = plan.segments(task.blocks);
        const loss = await trainStep(tensors, task, segments, rows, sources[u]!);
        step++;
        host.onProgress(++done, total, `epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(3)}`);
      }
    }
    for (const t of scope.keys()) {
      const { buffer } = await arrays.content(t, 'theta');
      await putMade(host.scratch, t, new Float32Array(buffer));
    }
  } finally {
    await arrays.dispose();
    rests.forEach((rest) => rest.close());
  }
  return { made: true, notes: [] };
}

/** The mean of the fine-tuned models' values of a tensor. */
async function averageOf({ tasks }: TrainingInput, { tuned }: ScopeTensor) {
  const [first, ...others] = await Promise.all(
    tasks.map((each, u) => readF32(each.tuned, tuned[u]!)),
  );
  return first!.map((x, k) => others.reduce((sum, each) => sum + each[k]!, x) / tasks.length);
}
