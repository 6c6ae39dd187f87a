import { beforeAll, expect, test } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import type { Compute } from '../gpu/compute.ts';
import { openTensors, type Tensors } from '../gpu/tensors.ts';
import { wasmPaths } from '../gpu/wasmPaths.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { engine } from '../engine/client.ts';
import { withJob } from '../jobs/jobs.ts';
import { changedBits, inspectOverlap } from './inspect.ts';
import { recipeOf, storeLabSuite } from '../test/labSuite.ts';
import { openLab, type OpenLab } from './openLab.ts';
import { scoreModel } from './scoreModel.ts';
import { findRankings } from './findRankings.ts';
import type { LabMask, LabModel } from '../api/lab.ts';
import { valuesOf } from './weights.ts';

beforeAll(() => storeLabSuite(engine));

const { signal } = new AbortController();
const quiet = () => undefined;
const three = (mask: LabMask) => [mask, mask, mask];
const models: LabModel[] = [
  { kind: 'base' },
  { kind: 'tuned', task: 1 },
  { kind: 'sum', weights: [0.4, -0.3, 0.4] },
  { kind: 'stitch', masks: three({ by: 'dataless', density: 0.3 }) },
  { kind: 'stitch', masks: [{ by: 'random', density: 0.2 }, null] },
  { kind: 'stitch', masks: [{ by: 'hard', density: 0.2 }] },
  { kind: 'ties', tasks: [0, 2], density: 0.4, lambda: 0.8 },
];

/** Weights over the scope and changed positions of every model, and right answers of some. */
async function measure(lab: OpenLab) {
  const found = [];
  for (const model of models) {
    const theta = await valuesOf(lab.weights, await lab.shelf.theta(model));
    const { changed } = await changedBits(lab, model);
    const tasks = 'weights' in model || 'task' in model ? [0, 1] : [];
    const scores = await scoreModel(lab, model, tasks, signal, quiet);
    found.push({ theta, changed, right: scores.map(({ right }) => right) });
  }
  return found;
}

/** Opens a lab on these tensors, measures in it, and sees that nothing of it stays. */
async function withLab<T>(compute: Compute, work: (lab: OpenLab) => Promise<T>) {
  const tensors: Tensors = await openTensors(compute, wasmPaths, true);
  const stays = { ...tensors, close: quiet };
  const [buffers, held] = [tensors.compute.liveBuffers, tensors.tf.memory().numTensors];
  const lab = await openLab({ recipe: recipeOf('image') }, signal, quiet, async () => stays);
  try {
    return await work(lab);
  } finally {
    lab.free();
    expect(tensors.compute.liveBuffers).toBe(buffers);
    expect(tensors.tf.memory().numTensors).toBe(held);
    tensors.close();
  }
}

async function measureOn(compute: Compute) {
  return withLab(compute, async (lab) => {
    const options = { density: 0.2, shots: 4, epochs: 1, seed: 0 };
    await withJob('find', (_, control) => findRankings(lab, 'hard', [0], options, control, quiet));
    const before = lab.tensors.tf.memory().numTensors;
    const found = await measure(lab);
    const once = lab.tensors.tf.memory().numTensors;
    lab.kept.known.clear();
    expect(await measure(lab)).toEqual(found);
    expect(lab.tensors.tf.memory().numTensors).toBe(once);
    expect(once).toBeGreaterThan(before);
    expect(lab.tensors.backend).toBe(compute.device ? 'webgpu' : 'wasm');
    const overlap = await inspectOverlap(lab, three({ by: 'dataless', density: 0.3 }));
    return { found, overlap };
  });
}

test(
  'on WebGPU models are those of WebAssembly, nothing stays, and both open again',
  { timeout: 300_000 },
  async () => {
    const wasm = await measureOn(createCpuCompute('test'));
    const gpu = await requestWebGpu();
    const webgpu = await measureOn(gpu);
    await withLab(gpu, async ({ tensors }) => expect(tensors.backend).toBe('webgpu'));
    expect(webgpu.overlap).toEqual(wasm.overlap);
    for (const [i, { theta, changed, right }] of wasm.found.entries()) {
      const other = webgpu.found[i]!;
      // What `hard` learns differs in the last bits of gradients.
      const learned = JSON.stringify(models[i]).includes('hard');
      const far = theta.filter((value, k) => Math.abs(value - other.theta[k]!) > 1e-6).length;
      expect(far / theta.length).toBeLessThan(learned ? 0.01 : 1e-9);
      if (!learned) expect(Math.abs(other.changed - changed)).toBeLessThanOrEqual(2);
      right.forEach((count, t) =>
        expect(Math.abs(count - other.right[t]!)).toBeLessThanOrEqual(learned ? 4 : 1),
      );
    }
  },
);

test('models that memory does not hold are refused with what would do', async () => {
  await engine.setMemoryBudget(1e8);
  const compute = { ...createCpuCompute('test'), maxBufferBytes: 1000 };
  const opening = openLab({ recipe: recipeOf('image') }, signal, quiet, async () => ({
    ...(await openTensors(compute, wasmPaths)),
    compute,
  }));
  await expect(opening).rejects.toThrow(/more than the 0\.0 GB of one buffer.*narrower scope/);
  await engine.setMemoryBudget(null);
});
