import { readFile } from 'node:fs/promises';
import { describe } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { openNodeTensors } from '../gpu/nodeTensors.ts';
import { testGoldens } from '../test/mergeGoldens.ts';

describe('on the CPU', { timeout: 60_000 }, () => {
  testGoldens(
    async (set, name) => {
      const path = new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url);
      return new Uint8Array(await readFile(path));
    },
    () => createCpuCompute('test'),
    openNodeTensors,
  );
});
