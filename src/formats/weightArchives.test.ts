import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { zipBytes } from '../test/torchFiles.ts';
import { weightArchives } from './weightArchives.ts';

it('tells zips of weights from zips of pictures and from what is no zip', async () => {
  const agent = await readFile(new URL('corpus/agent.zip', import.meta.url));
  const zip = (...names: string[]) =>
    zipBytes(names.map((name) => ({ name, bytes: new Uint8Array(2) })));
  const zips = {
    'agent.zip': new Uint8Array(agent),
    'pictures.zip': zip('train/cat/1.png', 'train/dog/2.png'),
    'both.zip': zip('train/cat/1.png', 'model.pt'),
    'model.zip': zip('m/config.json', 'm/model.safetensors'),
    'cut.zip': zip('model.pt').slice(0, -3),
  };
  const sources = Object.entries(zips).map(([path, bytes]) => ({ path, blob: new Blob([bytes]) }));
  expect(await weightArchives(sources)).toEqual(['agent.zip', 'model.zip']);
});
