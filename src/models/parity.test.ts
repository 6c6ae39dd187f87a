import { readFile } from 'node:fs/promises';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openNodeTensors } from '../gpu/nodeTensors.ts';
import { goldenNames, testParity, type Golden } from './parityTests.ts';

async function read(name: string): Promise<Golden> {
  const bytes = new Uint8Array(
    await readFile(new URL(`./goldens/${name}.safetensors`, import.meta.url)),
  );
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  return { name, bytes, ...(await readSafetensorsHeader(source, 0)) };
}

testParity(openNodeTensors, await Promise.all(goldenNames.map(read)));
