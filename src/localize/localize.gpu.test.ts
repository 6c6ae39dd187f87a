import { beforeAll, describe, expect, it } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { openTensors, type Tensors } from '../gpu/tensors.ts';
import { wasmPaths } from '../gpu/wasmPaths.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { localize } from './localize.ts';
import type { LocalizeInput } from './contract.ts';
import { localizers } from './localizers/registry.ts';
import { countBits } from '../scope/masks.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import { memorySnapshots, toyTask } from '../test/toyTask.ts';

const toy = toyTask(7, 2);
let found: Record<'wasm' | 'webgpu', Map<string, Awaited<ReturnType<typeof localize>>>>;

const ids = Object.keys(localizers) as (keyof typeof localizers)[];

const openWasm = () =>
  import.meta.env.SSR ? openNodeTensors() : openTensors(createCpuCompute('test'), wasmPaths);

async function localizeAll(tensors: Tensors) {
  const results = new Map<string, Awaited<ReturnType<typeof localize>>>();
  for (const id of ids) {
    const localizer = localizers[id];
    const joint = localizer.form.kind === 'rank' && localizer.form.joint;
    const input: LocalizeInput = {
      localizer,
      scope: toy.scope,
      base: toy.base,
      masks: toy.tuned
        .slice(0, joint ? 2 : 1)
        .map((tuned) => ({ task: toy.task, tuned, density: 0.1 })),
      budget: 'exact',
      settings: {
        epochs: 2,
        batchSize: 16,
        learningRate: localizer.defaults?.learningRate ?? 0,
        l1: localizer.defaults?.l1 ?? 0,
        seed: 0,
      },
    };
    for (const budgetBytes of [1e9, 0])
      results.set(
        `${id} ${budgetBytes ? 'resident' : 'streamed'}`,
        await localize(input, {
          ...{ tensors, budgetBytes, snapshots: memorySnapshots() },
          signal: new AbortController().signal,
          resumed: async () => undefined,
          onProgress: () => undefined,
        }),
      );
  }
  return results;
}

beforeAll(async () => {
  const gpu = await requestWebGpu();
  const onGpu = await openTensors(gpu, wasmPaths, true);
  expect(onGpu.backend).toBe('webgpu');
  const before = onGpu.tf.memory().numTensors;
  const webgpu = await localizeAll(onGpu);
  expect(onGpu.tf.memory().numTensors).toBe(before);
  expect(gpu.liveBuffers).toBe(0);
  onGpu.close();
  const wasm = await localizeAll(await openWasm());
  found = { webgpu, wasm };
}, 300_000);

describe.each(ids)('%s on WebGPU', (id) => {
  it.each(['resident', 'streamed'])('finds the masks that WebAssembly finds, %s', (how) => {
    const [a, b] = [found.webgpu.get(`${id} ${how}`)!, found.wasm.get(`${id} ${how}`)!];
    a.losses.forEach((loss, i) => expect(Math.abs(loss - b.losses[i]!)).toBeLessThan(1e-3));
    a.masks.forEach(({ words, kept }, u) => {
      let apart = 0;
      for (const { base } of toy.scope) {
        const none = new Uint32Array(Math.ceil((base.shape[0]! * (base.shape[1] ?? 1)) / 32));
        const [x, y] = [words, b.masks[u]!.words].map((each) => each.get(base.name) ?? none);
        apart += countBits(x!.map((word, i) => word ^ y![i]!));
      }
      expect(kept).toBe(b.masks[u]!.kept);
      expect(apart).toBeLessThanOrEqual(2);
    });
  });
});
