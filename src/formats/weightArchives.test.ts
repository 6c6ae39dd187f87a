import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { zipBytes } from '../test/torchFiles.ts';
import { weightArchives } from './weightArchives.ts';

/** Files by the names of tars of tar -cf and Python's tarfile: a header of 512 bytes, and the file filled up to as many. */
function tar(files: Record<string, number>): Uint8Array<ArrayBuffer> {
  const blocks = Object.entries(files).map(([name, size]) => {
    const block = new Uint8Array(512 * (1 + Math.ceil(size / 512)));
    const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
    put(name, 0);
    put('0000644\0', 100);
    put(size.toString(8).padStart(11, '0'), 124);
    put('0', 156);
    put('ustar\u000000', 257);
    block.fill(32, 148, 156);
    const sum = block.subarray(0, 512).reduce((a, b) => a + b, 0);
    put(`${sum.toString(8).padStart(6, '0')}\0`, 148);
    return block;
  });
  return Uint8Array.from([...blocks, new Uint8Array(1024)].flatMap((block) => [...block]));
}

const packed = async (bytes: Uint8Array<ArrayBuffer>) =>
  new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))).bytes();

it('tells tars of weights, and weights that are called tar', async () => {
  const sagemaker = tar({ 'config.json': 700, 'code/run.py': 10, 'model.safetensors': 2000 });
  const pictures = tar({ 'README.txt': 5, 'a/1.jpg': 900, 'net.pt': 5 });
  const tars = {
    'model.tar': sagemaker,
    'model.tar.gz': await packed(sagemaker),
    'dtd.tar.gz': await packed(pictures),
    'tables.tgz': await packed(tar({ 'train.csv': 20 })),
    'cut.tar.gz': (await packed(sagemaker)).slice(0, 30),
    'model_best.pth.tar': zipBytes([{ name: 'archive/data.pkl', bytes: new Uint8Array(2) }]),
    'old.pth.tar': Uint8Array.of(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc),
  };
  const sources = Object.entries(tars).map(([path, bytes]) => ({ path, blob: new Blob([bytes]) }));
  const wanted = ['model.tar', 'model.tar.gz', 'model_best.pth.tar', 'old.pth.tar'];
  expect(await weightArchives(sources)).toEqual(wanted);
});

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
