import { readFile } from 'node:fs/promises';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import { goldenNames, testParity, type Golden } from '../test/parityTests.ts';

async function read(name: string): Promise<Golden> {
  const bytes = new Uint8Array(
    await readFile(new URL(`./goldens/${name}.safetensors`, import.meta.url)),
  );
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  return { name, bytes, ...(await readSafetensorsHeader(source, 0)) };
}

/** BERT by the names that its first checkpoints have, and compiled. */
function respelled(bert: Golden): Golden {
  const rename = (name: string) =>
    name
      .replace('LayerNorm.weight', 'LayerNorm.gamma')
      .replace('LayerNorm.bias', 'LayerNorm.beta')
      .replace('encoder.layer.', 'encoder._orig_mod.layer.');
  const tensors = bert.tensors.map((each) => ({ ...each, name: rename(each.name) }));
  return { ...bert, name: 'bert, compiled, of TensorFlow', tensors };
}

const goldens = await Promise.all(goldenNames.map(read));
testParity(openNodeTensors, [...goldens, respelled(await read('bert'))]);
