import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { localize } from './localize.ts';
import type { LocalizeHost, LocalizeInput } from './contract.ts';
import type { TaskMask } from '../scope/masks.ts';
import { localizers } from './localizers/registry.ts';
import { countBits, scopeSize } from '../scope/masks.ts';
import { memorySnapshots, toyTask } from '../test/toyTask.ts';

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});

const host = (change: Partial<LocalizeHost> = {}): LocalizeHost => ({
  tensors,
  budgetBytes: 1e9,
  signal: new AbortController().signal,
  resumed: async () => undefined,
  onProgress: () => undefined,
  snapshots: memorySnapshots(),
  ...change,
});

const toy = toyTask(7);

function inputOf(id: keyof typeof localizers, change: Partial<LocalizeInput> = {}): LocalizeInput {
  const localizer = localizers[id];
  const joint = localizer.form.kind === 'rank' && localizer.form.joint;
  const tuned = joint ? toy.tuned : toy.tuned.slice(0, 1);
  return {
    localizer,
    scope: toy.scope,
    base: toy.base,
    masks: tuned.map((reader) => ({ task: toy.task, tuned: reader, density: 0.1 })),
    budget: 'exact',
    settings: {
      epochs: 3,
      batchSize: 16,
      learningRate: localizer.defaults?.learningRate ?? 0,
      l1: localizer.defaults?.l1 ?? 0,
      seed: 0,
    },
    ...change,
  };
}

const bitsOf = ({ words }: TaskMask) => [...words].map(([name, bits]) => [name, [...bits]]);
const ids = Object.keys(localizers) as (keyof typeof localizers)[];
const withData = ids.filter((id) => localizers[id].defaults);

describe.each(ids)('%s', (id) => {
  it('keeps exactly the density asked for', async () => {
    const { masks } = await localize(inputOf(id), host());
    const wanted = Math.floor(0.1 * scopeSize(toy.scope));
    for (const { words, kept } of masks) {
      expect([...words.values()].reduce((sum, each) => sum + countBits(each), 0)).toBe(wanted);
      expect(kept).toBe(wanted);
    }
  });

  it('finds the same masks when nothing fits the device', async () => {
    const whole = await localize(inputOf(id), host());
    const streamed = await localize(inputOf(id), host({ budgetBytes: 0 }));
    expect(streamed.masks.map(bitsOf)).toEqual(whole.masks.map(bitsOf));
    streamed.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 5));
  });

  it('leaves no tensor and no buffer behind', async () => {
    const before = [tensors.tf.memory().numTensors, tensors.compute.liveBuffers];
    await localize(inputOf(id), host());
    await localize(inputOf(id), host({ budgetBytes: 20_000 }));
    expect([tensors.tf.memory().numTensors, tensors.compute.liveBuffers]).toEqual(before);
  });
});

describe.each(withData)('%s', (id) => {
  it('goes on from a snapshot to the same masks and losses', async () => {
    const whole = await localize(inputOf(id), host());
    const snapshots = memorySnapshots();
    const controller = new AbortController();
    const stopAfter = whole.steps - 2;
    const cut = localize(
      inputOf(id),
      host({
        snapshots,
        snapshotEveryMs: 0,
        signal: controller.signal,
        onProgress: ({ step }) => step === stopAfter && controller.abort(),
      }),
    );
    await expect(cut).rejects.toMatchObject({ kind: 'Cancelled' });
    expect(snapshots.commits).toBeGreaterThan(0);
    const seen: number[] = [];
    const rest = host({ snapshots, onProgress: ({ step }) => seen.push(step) });
    const resumed = await localize(inputOf(id), rest);
    expect(seen[0]).toBeGreaterThan(1);
    expect(resumed.losses).toEqual(whole.losses);
    expect(resumed.masks.map(bitsOf)).toEqual(whole.masks.map(bitsOf));
  });
});

it('the best epoch is the one whose own batches have the lowest mean loss', async () => {
  const snapshots = memorySnapshots();
  const settings = { ...inputOf('grafting').settings, epochs: 4 };
  await localize(inputOf('grafting', { settings }), host({ snapshots, snapshotEveryMs: 0 }));
  const { losses, numbers } = (await snapshots.read())!;
  const perEpoch = 3;
  const means = [0, 1, 2].map((epoch) => {
    const own = losses.slice(epoch * perEpoch, (epoch + 1) * perEpoch);
    return own.reduce((a, b) => a + b, 0) / perEpoch;
  });
  expect(losses).toHaveLength(3 * perEpoch);
  expect(means.indexOf(Math.min(...means))).toBeGreaterThan(0);
  expect(numbers['bestLoss']).toBeCloseTo(Math.min(...means), 12);
});

it('stops with a hint when the loss is no number', async () => {
  const broken = {
    ...toy.base,
    read: async (...args: Parameters<typeof toy.base.read>) => {
      const bytes = await toy.base.read(...args);
      if (args[0].name === 'head.weight') new Float32Array(bytes.buffer)[0] = NaN;
      return bytes;
    },
  };
  await expect(localize(inputOf('hard', { base: broken }), host())).rejects.toMatchObject({
    kind: 'Incompatible',
    message: expect.stringMatching(/loss of toy is NaN at step 1.*smaller learning rate/),
  });
});

it('streams, and says so, where the device has less room than was promised', async () => {
  const { compute } = tensors;
  const large = toyTask(3, 4, 192);
  const input = inputOf('scaled', { scope: large.scope, base: large.base });
  const masks = [{ task: large.task, tuned: large.tuned[0]!, density: 0.1 }];
  const limit = 2e6;
  const tight = Object.create(compute, {
    buffer: {
      async value(bytes: number) {
        if (compute.liveBytes + bytes > limit)
          throw new AppError('QuotaFull', `No room for ${bytes} bytes.`);
        return compute.buffer(bytes);
      },
    },
  }) as typeof compute;
  const whole = await localize({ ...input, masks }, host());
  const cramped = await localize(
    { ...input, masks },
    host({ tensors: { ...tensors, compute: tight } }),
  );
  expect(whole.notes).toEqual([]);
  expect(cramped.notes).toEqual([expect.stringMatching(/GPU has no room.*stream from storage/)]);
  expect(cramped.masks.map(bitsOf)).toEqual(whole.masks.map(bitsOf));
  expect(compute.liveBuffers).toBe(0);
});

it.each([1e9, 0])('holds as much after every one of 200 steps, budget %d', async (budgetBytes) => {
  const held = new Set<string>();
  const settings = { ...inputOf('hard').settings, epochs: 67 };
  const { steps } = await localize(
    inputOf('hard', { settings }),
    host({
      budgetBytes,
      onProgress({ step }) {
        if (step > 1) held.add(`${tensors.tf.memory().numTensors} ${tensors.compute.liveBuffers}`);
      },
    }),
  );
  expect(steps).toBeGreaterThan(200);
  expect([...held]).toHaveLength(1);
});
