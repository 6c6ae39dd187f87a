import { expect } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openTensors } from '../gpu/tensors.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { testFirstEpoch } from '../test/localizeGoldens.ts';
import told from './goldens/localize.json';
import url from './goldens/localize.safetensors?url';

const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
const source = { path: 'localize.safetensors', blob: new Blob([bytes]) };
const { tensors } = await readSafetensorsHeader(source, 0);

async function open() {
  const opened = await openTensors(await requestWebGpu(), '', true);
  expect(opened.backend).toBe('webgpu');
  return opened;
}

testFirstEpoch(open, { tensors, bytes, told });
