import { afterAll, beforeAll, describe, expect } from 'vitest';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { testGoldens } from './goldenTests.ts';

const urls = import.meta.glob<string>('./goldens/**/*.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
});

let gpu: Awaited<ReturnType<typeof requestWebGpu>>;
beforeAll(async () => {
  gpu = await requestWebGpu();
});
afterAll(() => expect(gpu.liveBuffers).toBe(0));

describe('on webgpu', () => {
  testGoldens(
    async (set, name) => {
      const response = await fetch(urls[`./goldens/${set}/${name}.safetensors`]!);
      return new Uint8Array(await response.arrayBuffer());
    },
    () => gpu,
  );
});
