import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTensors, type Tensors } from '../gpu/tensors.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { differences, merge, mergekitCases, open } from '../test/goldenMerge.ts';
import { deep } from '../test/deep.ts';
import { allGoldens, goldensOfKernels, testGoldens } from '../test/mergeGoldens.ts';

let tensors: Promise<Tensors> | undefined;
let gpu: Awaited<ReturnType<typeof requestWebGpu>>;
beforeAll(async () => {
  gpu = await requestWebGpu();
});
afterAll(async () => {
  const opened = await tensors;
  expect(opened?.tf.memory().numTensors).toBe(0);
  opened?.close();
  expect(gpu.liveBuffers).toBe(0);
});

const read = async (set: string, name: string) => {
  const response = await fetch(new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url));
  return new Uint8Array(await response.arrayBuffer());
};

describe.concurrent('on webgpu', () => {
  testGoldens(
    deep ? allGoldens : goldensOfKernels,
    read,
    () => gpu,
    () => (tensors ??= openTensors(gpu, '', true)),
  );

  test.each(['ties', 'ties-rescaled', 'linear-negative', 'della', 'sce', 'nearswap'])(
    'mergekit’s %s',
    async (name) => {
      const { recipe } = mergekitCases.find((each) => each.case === name)!;
      const merged = await merge(read, 'mergekit', recipe, gpu, 96);
      const expected = await open(read, 'mergekit', name);
      expect((await differences(merged, expected)).slice(0, 5)).toEqual([]);
    },
  );
});
