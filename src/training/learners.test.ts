import { beforeAll, describe, expect, it } from 'vitest';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { memoryScratch } from '../scope/scopeArrays.ts';
import { infoOf, readerOf, type Goldens } from '../test/localizeGoldens.ts';
import { readF32 } from '../models/readF32.ts';
import { countReads } from '../tensor/countReads.ts';
import { tensorBytes, type TensorInfo } from '../tensor/tensorIndex.ts';
import { entropyLearner, supervisedLearner } from './adaMerging.ts';
import { fewShotLearner } from './fewShot.ts';
import { fisherLearner } from './fisher.ts';
import { given, hostOf, inputOf } from '../test/trainingInput.ts';
import type { Learner } from './learner.ts';
import { madeReader } from './made.ts';
import { regMeanLearner, regMeanPlusPlusLearner } from './regMean.ts';

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});

describe('bytes read while learning from two tasks', () => {
  const { scope, tasks } = inputOf({});
  const sum = (infos: readonly TensorInfo[]) =>
    infos.reduce((bytes, info) => bytes + tensorBytes(info), 0);
  const uses = tasks[0]!.task.blocks.flatMap(({ tensors }) => tensors.map(({ info }) => info));
  /** What is learned or merged, and the rest of the model, which tasks share: each tensor once, and as often as blocks use it. */
  const S = sum(scope.map(({ base }) => base));
  const R = sum([...new Map(uses.map((info) => [info.name, info])).values()]) - S;
  const used = sum(uses) - S;

  /** Of the two layers the upper one stays open from the way forward to the way back. */
  const bothWays = 1.5;
  const cases: [
    string,
    Learner,
    Record<string, number>,
    { resident: number; streaming: number },
  ][] = [
    [
      'AdaMerging, two steps',
      entropyLearner,
      { steps: 2, learning_rate: 0.01 },
      { resident: 3 * S + R, streaming: 2 * 2 * (bothWays * 3 * S + used) },
    ],
    [
      'Fisher merging, two examples',
      fisherLearner,
      { examples: 2 },
      { resident: 2 * S + 2 * R, streaming: 2 * 2 * (bothWays * S + used) + 2 * S },
    ],
    [
      'RegMean',
      regMeanLearner,
      { examples: 16 },
      // Once to run each model, once to merge it.
      { resident: 2 * (S + used) + 2 * S, streaming: 2 * (S + used) + 2 * S },
    ],
    [
      'RegMean++',
      regMeanPlusPlusLearner,
      { examples: 16 },
      // What does not merge is read again for the way through the merged blocks.
      { resident: 2 * (S + 2 * used) + 2 * S, streaming: 2 * (S + 2 * used) + 2 * S },
    ],
    [
      'fine-tuning, ten steps',
      fewShotLearner,
      { epochs: 1, learning_rate: 1e-4 },
      { resident: S + R, streaming: S + 10 * used },
    ],
  ];

  it.each(cases)(
    '%s',
    async (_, learner, parameters, wanted) => {
      for (const [budgetBytes, bytes] of [
        [1e9, wanted.resident],
        [0, wanted.streaming],
      ] as const) {
        let read = 0;
        const open = (goldens: Goldens) => countReads(readerOf(goldens), (n) => (read += n));
        await learner.run(inputOf(parameters, given, open), hostOf(tensors, { budgetBytes }));
        expect(read).toBe(bytes);
      }
    },
    60_000,
  );
});

it('fine-tuning decays weights that have no gradient by a hundredth of the rate, each step', async () => {
  const input = inputOf({ epochs: 1, learning_rate: 1 });
  for (const each of input.tasks)
    each.task = { ...each.task, loss: (tf, logits) => tf.mul(tf.sum(logits), 0) };
  const scratch = memoryScratch();
  let steps = 0;
  await fewShotLearner.run(input, hostOf(tensors, { scratch, onProgress: () => steps++ }));
  expect(steps).toBe(10);
  const reader = madeReader(scratch, input.scope);
  for (const { base } of input.scope) {
    const decayed = await readF32(reader, { ...base, dtype: 'F32' });
    const before = await readF32(input.base, base);
    expect(Math.max(...decayed.map((x, k) => Math.abs(x - 0.99 ** 10 * before[k]!)))).toBeLessThan(
      1e-6,
    );
  }
});

describe('bad weights and too few examples', () => {
  /** The goldens with NaN in a weight of the first layer of one task. */
  function withNaN(): Goldens {
    const bytes = given.bytes.slice();
    const name = 'a/roberta.encoder.layer.0.output.dense.weight';
    const { start } = infoOf(given, name, name);
    new DataView(bytes.buffer).setFloat32(start, NaN, true);
    return { ...given, bytes };
  }

  it.each([
    ['AdaMerging', entropyLearner, { steps: 1 }, 'The loss of a is no number.'],
    ['its supervised form', supervisedLearner, { steps: 1 }, 'The loss of a is no number.'],
    ['fine-tuning from the average', fewShotLearner, { from_average: 1 }, 'is no number.'],
    ['Fisher merging', fisherLearner, { examples: 2 }, 'The loss of a is no number.'],
    ['RegMean', regMeanLearner, { examples: 16 }, 'is fed holds NaN or infinity.'],
    ['RegMean++', regMeanPlusPlusLearner, { examples: 16 }, 'is fed holds NaN or infinity.'],
  ] as const)('%s refuses NaN weights, and leaves nothing behind', async (...given) => {
    const [, learner, parameters, message] = given;
    const before = [tensors.tf.memory().numTensors, tensors.compute.liveBuffers];
    const run = learner.run(inputOf(parameters, withNaN()), hostOf(tensors));
    await expect(run).rejects.toMatchObject({
      kind: 'Incompatible',
      message: expect.stringContaining(message) as unknown,
    });
    expect([tensors.tf.memory().numTensors, tensors.compute.liveBuffers]).toEqual(before);
  });

  it('RegMean regularises what one example does not determine, and says so', async () => {
    const input = inputOf({ examples: 1, alpha: 1 });
    // Whatever the inputs span, twice the same weights merge to themselves.
    input.scope = input.scope.map(({ base, tuned: [a] }) => ({ base, tuned: [a!, a!] }));
    const scratch = memoryScratch();
    const { notes } = await regMeanLearner.run(input, hostOf(tensors, { scratch }));
    expect(notes).toEqual([
      expect.stringMatching(
        /^The inputs of \d+ layers do not span all directions, .+ More examples/,
      ),
    ]);
    const reader = madeReader(scratch, input.scope);
    for (const { base, tuned } of input.scope) {
      const merged = await readF32(reader, { ...base, dtype: 'F32' });
      const model = await readF32(input.tasks[0]!.tuned, tuned[0]!);
      const far = merged.map((x, k) => Math.abs(x - model[k]!));
      expect(Math.max(...far)).toBeLessThan(1e-5);
    }
  });
});
