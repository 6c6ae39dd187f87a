import { BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, it, test } from 'vitest';
import { decodeImage } from '../data/decodeImage.ts';
import { listImages } from '../data/images.ts';
import type { SourceFile } from '../formats/source.ts';
import { unpackData } from './unpackData.ts';

/** Written by scripts/archiveGoldens.py: the sets of the paper in the forms in which they are published. */
const addresses = import.meta.glob<string>('./goldens/archives/*', {
  base: '../data/',
  query: '?url&inline', // a server may say of .gz that it is to be unpacked
  import: 'default',
  eager: true,
});

async function golden(name: string): Promise<SourceFile> {
  const response = await fetch(addresses[`./goldens/archives/${name}`] ?? '');
  return { path: name, blob: new Blob([await response.arrayBuffer()]) };
}

type Truth = Record<
  string,
  { files: string[]; parts: Record<string, [path: string, label: string, sha256: string][]> }
>;
const truth = JSON.parse(await (await golden('truth.json')).blob.text()) as Truth;

/** Path, class and SHA-256 of the RGB bytes of every image. */
async function imagesIn(files: readonly SourceFile[]): Promise<string[][]> {
  const { images, labels } = await listImages(files);
  const found = await Promise.all(
    images.map(async ({ path, open, label }) => {
      const opened = await open();
      const { data } = opened instanceof Blob ? await decodeImage(opened, path) : opened;
      const rgb = data.filter((_, at) => at % 4 < 3);
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', rgb));
      const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return [path, labels[label] ?? '', hex];
    }),
  );
  return found.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

test.each(Object.entries(truth))('%s is read as Python reads it', async (_, { files, parts }) => {
  const unpacked = await unpackData(await Promise.all(files.map(golden)));
  expect(unpacked.parts.map(({ name }) => name).sort()).toEqual(Object.keys(parts).sort());
  for (const part of unpacked.parts) {
    const wanted = parts[part.name] ?? [];
    const found = await imagesIn(part.files);
    const ends = found.map(([path = '', ...rest], i) => [
      path.endsWith(wanted[i]?.[0] ?? '') ? wanted[i]?.[0] : path,
      ...rest,
    ]);
    expect(ends).toEqual(wanted);
  }
});

test('what was unpacked on its way, and kept its name, is read as well', async () => {
  const { blob } = await golden('SUN397.tar.gz');
  const unpacked = blob.stream().pipeThrough(new DecompressionStream('gzip'));
  const plain = { path: 'SUN397.tar.gz', blob: await new Response(unpacked).blob() };
  const { parts } = await unpackData([plain]);
  expect(parts[0]?.files).toHaveLength(7);
});

test('partitions and lists that name other images are told', async () => {
  const { notes } = await unpackData([await golden('dtd-r1.0.1.tar.gz')]);
  expect(notes).toEqual([
    'Of several partitions the first is taken; test2.txt, train2.txt, val2.txt are not.',
  ]);
  const list = {
    path: 'resisc45-train.txt',
    blob: new Blob(['airplane_001.jpg\nairplane_001.png']),
  };
  const part = await unpackData([await golden('resisc45.tar'), list]);
  expect(part.notes).toEqual(['1 of 2 images that resisc45-train.txt lists are not here.']);
});

test('a split none of whose images is there is told', async () => {
  const text = (path: string, words: string) => ({ path, blob: new Blob([words]) });
  const files = [
    text('dtd/images/banded/banded_0002.jpg', 'x'),
    text('dtd/images/dotted/dotted_0001.jpg', 'x'),
    text('dtd/labels/train1.txt', 'banded/banded_0002.jpg\ndotted/dotted_0001.jpg\n'),
    text('dtd/labels/test1.txt', 'banded/banded_0004.jpg\n'),
    text('dtd/labels/val_notes.txt', 'Nothing is listed here.\n'),
  ];
  const { parts, notes } = await unpackData(files);
  expect(parts.map(({ name }) => name)).toEqual(['train']);
  expect(notes).toEqual([
    'No image that dtd/labels/test1.txt lists is here, so that there is no test split.',
  ]);
});

test('tables named after splits tell the images of each, and their classes by name', async () => {
  const csv = (...rows: string[]) => [',Filename,Label,ClassName', ...rows].join('\n');
  const files: Record<string, string> = {
    'EuroSAT/train.csv': csv('0,Forest/a.jpg,1,Forest', '1,River/b.jpg,8,River'),
    'EuroSAT/test.csv': csv('0,River/c.jpg,8,River'),
    'EuroSAT/label_map.json': '{}',
    ...{ 'EuroSAT/Forest/a.jpg': 'a', 'EuroSAT/River/b.jpg': 'b', 'EuroSAT/River/c.jpg': 'c' },
    'EuroSAT/River/d.jpg': 'd',
  };
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
  for (const [path, text] of Object.entries(files)) await writer.add(path, new TextReader(text));
  const { parts, notes } = await unpackData([{ path: 'EuroSAT.zip', blob: await writer.close() }]);
  expect(notes).toEqual(['1 image is of no split and left out, e.g. EuroSAT/River/d.jpg.']);
  const told = parts.map(async ({ name, files }) => {
    const { images, labels } = await listImages(files);
    return [name, images.map(({ path, label }) => [path, labels[label]])];
  });
  expect(Object.fromEntries(await Promise.all(told))).toEqual({
    train: [
      ['EuroSAT/Forest/a.jpg', 'Forest'],
      ['EuroSAT/River/b.jpg', 'River'],
    ],
    test: [['EuroSAT/River/c.jpg', 'River']],
  });
});

test('tables of an archive are data of their own', async () => {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
  await writer.add('SST-2/train.tsv', new TextReader('sentence\tlabel\ngood\t1\n'));
  await writer.add('SST-2/dev.tsv', new TextReader('sentence\tlabel\nbad\t0\n'));
  await writer.add('SST-2/.DS_Store', new TextReader('x'));
  await writer.add('SST-2/paper.pdf', new TextReader('x'));
  await writer.add('SST-2/original/README.txt', new TextReader('x'));
  const { parts, notes } = await unpackData([{ path: 'SST-2.zip', blob: await writer.close() }]);
  expect(parts.map(({ name }) => name)).toEqual(['SST-2/train.tsv', 'SST-2/dev.tsv']);
  expect(notes).toEqual([expect.stringMatching(/paper\.pdf.*README\.txt are left out/)]);
});

describe('is refused:', () => {
  const text = (path: string, words: string) => ({ path, blob: new Blob([words]) });
  const cut = async (name: string, end: number) => {
    const { blob } = await golden(name);
    return { path: name, blob: blob.slice(0, end) };
  };

  it.each([
    ['a tar that is none', () => text('a.tar', 'x'.repeat(2000)), /a\.tar is no tar archive/],
    ['a tar cut off', () => cut('resisc45.tar', 700), /resisc45\.tar is no tar archive.*truncated/],
    ['a tar.gz cut off', () => cut('SUN397.tar.gz', 500), /SUN397\.tar\.gz is no tar archive/],
    ['a gzip cut off', () => cut('t10k-images-idx3-ubyte.gz', 500), /is no gzip file/],
    [
      'a MATLAB file cut off',
      () => cut('test_32x32.mat', 5000),
      /ends in the middle of a variable/,
    ],
    [
      'a MATLAB file of version 7.3',
      () => text('digitStruct.mat', 'MATLAB 7.3 MAT-file'.padEnd(200)),
      /digitStruct\.mat is a MATLAB file of version 7\.3 \(HDF5\).*mat73/,
    ],
    ['a MATLAB file that is none', () => text('a.mat', 'x'.repeat(200)), /is no MATLAB file/],
  ])('%s', async (_, make, message) => {
    await expect(unpackData([await make()])).rejects.toThrow(message);
  });

  it.each(['/etc/passwd.png', '../up.png', 'a/../../up.png', 'C:\\x.png'])(
    'a tar with the name %s',
    async (name) => {
      const header = new Uint8Array(512);
      header.set(new TextEncoder().encode(name));
      header.set(new TextEncoder().encode('00000000000'), 124);
      header.set(new TextEncoder().encode('ustar\x0000'), 257);
      header.fill(32, 148, 156);
      const sum = header.reduce((a, b) => a + b, 0);
      header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
      const blob = new Blob([header, new Uint8Array(1024)]);
      await expect(unpackData([{ path: 'x.tar', blob }])).rejects.toThrow(/leads out of it/);
    },
  );
});
