import { expect, test } from 'vitest';
import { bytesOf, goldenFile } from '../test/torchGoldens.ts';
import { openWeights } from '../formats/recognize.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { freshJournal } from './journal.ts';
import type { MergePart } from './mergeChunks.ts';
import { methodOf } from './methods/registry.ts';
import { planMerge } from './plan.ts';
import { planTensors } from './preflight.ts';
import { runMerge } from './runMerge.ts';

async function open(name: string) {
  const source = await goldenFile(name);
  const { tensors, metadata } = await openWeights(source, 0);
  const files = [{ name, bytes: source.blob.size }];
  return {
    ...{ name, architecture: null, index: { files, tensors, metadata }, source },
    read: async (tensor: (typeof tensors)[number], start: number, end: number) =>
      (await bytesOf(source, tensor)).slice(start, end) as Uint8Array<ArrayBuffer>,
  };
}

test('PyTorch files of equal weights, strided and shared, average to what PyTorch reads from them', async () => {
  const [base, ...models] = await Promise.all(['zip.bin', 'protocol4.pt', 'legacy.bin'].map(open));
  const expectedFile = await goldenFile('expected.safetensors');
  const { tensors: expected } = await openWeights(expectedFile, 0);
  const recipe = {
    ...{ merge_method: 'linear', base_model: 'zip.bin' },
    ...{ dtype: 'float32' as const, out_dtype: 'base' as const },
    models: models.map(({ name }) => ({ model: name })),
  };
  const plan = planMerge(planTensors(base!, models, 'all'), recipe, methodOf('linear')!, 32);
  const parts: MergePart[] = [];
  const host = {
    ...{ compute: createCpuCompute(''), readers: [base!, ...models] },
    signal: new AbortController().signal,
    maskWords: () => Promise.resolve(new Uint32Array()),
    onProgress: () => undefined,
    async save(saved: MergePart[]) {
      parts.push(...saved);
    },
  };
  await runMerge(plan, host, freshJournal);
  expect(plan.outputs).toHaveLength(25);
  for (const { planned, dtype, firstPart, endPart } of plan.outputs) {
    const { tensor } = planned;
    const pieces = parts.slice(firstPart, endPart).map(({ out }) => out);
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    const wanted = expected.find(({ name }) => name === `zip.bin/${tensor.name}`)!;
    expect(wanted).toMatchObject({ dtype, shape: tensor.shape });
    const copied = firstPart === endPart ? await bytesOf(base!.source, tensor) : bytes;
    expect(copied, tensor.name).toEqual(await bytesOf(expectedFile, wanted));
  }
  expect(plan.chunks.length).toBeGreaterThan(10);
});
