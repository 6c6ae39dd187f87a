import { beforeAll, expect, it } from 'vitest';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { localize } from './localize.ts';
import { localizers } from './localizers/registry.ts';
import { memorySnapshots, toyTask } from '../test/toyTask.ts';
import { watchPeak } from '../test/watchPeak.ts';

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});

const width = 192;

async function peakOf(depth: number, id: 'scaled' | 'reference' | 'grafting' | 'hard' | 'joint') {
  const { task, base, tuned, scope } = toyTask(3, depth, width);
  const localizer = localizers[id];
  const peak = watchPeak(tensors);
  await localize(
    {
      ...{ localizer, scope, base, budget: 'exact' },
      masks: tuned
        .slice(0, id === 'joint' ? 2 : 1)
        .map((reader) => ({ task, tuned: reader, density: 0.1 })),
      settings: { epochs: 1, batchSize: 4, learningRate: 1, l1: 0.1, seed: 0 },
    },
    {
      ...{ tensors, budgetBytes: 0, signal: new AbortController().signal },
      ...{ resumed: async () => undefined, onProgress: () => undefined },
      snapshots: memorySnapshots(),
    },
  );
  return peak.stop();
}

it.each(['scaled', 'reference', 'grafting', 'hard', 'joint'] as const)(
  '%s needs no more memory for deeper models when blocks stream',
  async (id) => {
    const shallow = await peakOf(4, id);
    // At least the weights of one block and its gradient, and less than all of them.
    expect(shallow).toBeGreaterThan(2 * 4 * width * width);
    for (const depth of [8, 16]) {
      const ratio = (await peakOf(depth, id)) / shallow;
      expect(ratio).toBeGreaterThan(0.9);
      expect(ratio).toBeLessThan(1.1);
    }
  },
  60_000,
);

it('sees what a localization holds', () => {
  const peak = watchPeak(tensors);
  const bytes = tensors.tf.tidy(() => tensors.tf.zeros([1000]).size * 4);
  expect(peak.stop()).toBe(bytes);
});
