import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openTensors, type Tensors } from '../gpu/tensors.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { testGoldens } from './goldenTests.ts';

const urls = import.meta.glob<string>('./goldens/**/*.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
});

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

describe('on webgpu', () => {
  testGoldens(
    async (set, name) => {
      const response = await fetch(urls[`./goldens/${set}/${name}.safetensors`]!);
      return new Uint8Array(await response.arrayBuffer());
    },
    () => gpu,
    () => (tensors ??= openTensors(gpu, '', true)),
  );
});
