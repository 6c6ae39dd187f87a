import { expect, it } from 'vitest';
import { slowWhere } from './localizingWhere.ts';

it('says where localizing runs, unless that is the GPU', () => {
  expect(slowWhere({ kind: 'webgpu', software: false, localizing: 'webgpu' })).toBeNull();
  expect(slowWhere({ kind: 'webgpu', software: true, localizing: 'wasm' })).toBe(
    'Localizing runs on the CPU (WebAssembly): this GPU is software.',
  );
  expect(slowWhere({ kind: 'cpu', software: false, localizing: 'wasm' })).toBe(
    'Localizing runs on the CPU (WebAssembly): there is no WebGPU here.',
  );
  expect(slowWhere(null)).toBeNull();
});
