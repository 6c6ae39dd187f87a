import { readFile } from 'node:fs/promises';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import { testGoldens } from '../test/localizeGoldens.ts';
import told from './goldens/localize.json';

const file = new URL('./goldens/localize.safetensors', import.meta.url);
const bytes = new Uint8Array(await readFile(file));
const source = { path: 'localize.safetensors', blob: new Blob([bytes]) };
const { tensors } = await readSafetensorsHeader(source, 0);

testGoldens(openNodeTensors, { tensors, bytes, told });
