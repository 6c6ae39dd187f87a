import { expect } from 'vitest';
import { openTensors } from '../gpu/tensors.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { testFirstSteps } from '../test/trainingGoldens.ts';

async function open() {
  const opened = await openTensors(await requestWebGpu(), '', true);
  expect(opened.backend).toBe('webgpu');
  return opened;
}

testFirstSteps(open);
