import { expect, it } from 'vitest';
import { slowWhere } from './localizingWhere.ts';

it('says where localizing runs, unless that is the GPU', () => {
  expect(
    slowWhere({ kind: 'webgpu', adapter: 'A', software: false, localizing: 'webgpu' }),
  ).toBeNull();
  expect(slowWhere({ kind: 'webgpu', adapter: 'S', software: true, localizing: 'wasm' })).toBe(
    'Localizing runs on the CPU (WebAssembly): this GPU is software.',
  );
  expect(
    slowWhere({ kind: 'cpu', adapter: 'no WebGPU here', software: true, localizing: 'wasm' }),
  ).toBe('Localizing runs on the CPU (WebAssembly): no WebGPU here.');
  expect(slowWhere(null)).toBeNull();
});
