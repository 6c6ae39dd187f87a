import { expect } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openTensors, type Tensors } from '../gpu/tensors.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { goldenNames, testParity, type Golden } from './parityTests.ts';

const urls = import.meta.glob<string>('./goldens/*.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
});

async function read(name: string): Promise<Golden> {
  const response = await fetch(urls[`./goldens/${name}.safetensors`]!);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  return { name, bytes, ...(await readSafetensorsHeader(source, 0)) };
}

async function open(): Promise<Tensors> {
  const tensors = await openTensors(await requestWebGpu(), '', true);
  expect(tensors.backend).toBe('webgpu');
  return tensors;
}

testParity(open, await Promise.all(goldenNames.map(read)));
