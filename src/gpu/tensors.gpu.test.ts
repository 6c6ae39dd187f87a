import { expect } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { testFirstEpoch } from '../test/localizeGoldens.ts';
import { goldenNames, testParity, type Golden } from '../test/parityTests.ts';
import { given } from '../test/trainingInput.ts';
import { testFirstSteps } from '../test/trainingGoldens.ts';
import { openTensors, type Tensors } from './tensors.ts';
import { requestWebGpu } from './webgpu.ts';

async function read(name: string): Promise<Golden> {
  const response = await fetch(new URL(`../models/goldens/${name}.safetensors`, import.meta.url));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  return { name, bytes, ...(await readSafetensorsHeader(source, 0)) };
}

let opened: Promise<Tensors> | undefined;

/** One device for all, because a software adapter takes long to compile the shaders that they share. */
const open = () => (opened ??= openOnWebGpu());

async function openOnWebGpu() {
  const tensors = await openTensors(await requestWebGpu(), '', true);
  expect(tensors.backend).toBe('webgpu');
  return tensors;
}

testParity(open, await Promise.all(goldenNames.map(read)));
testFirstEpoch(open, given);
testFirstSteps(open);
