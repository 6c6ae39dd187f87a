import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, it } from 'vitest';
import { goldenJson } from '../test/dataGoldens.ts';
import { decodeImage } from './decodeImage.ts';
import arrowUrl from './goldens/tables/images.arrow?url';
import parquetUrl from './goldens/tables/images.parquet?url';
import { imageProcessor, listImages } from './images.ts';
import { soundImages } from './soundImages.ts';

/** A PNG whose pixel (x, y) is [x, y, 7] times a factor. */
async function png(width: number, height: number, factor = 1, type = 'image/png'): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    image.data.set(
      [(at % width) * factor, Math.floor(at / width) * factor, 7 * factor, 255],
      at * 4,
    );
  }
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type });
}

const config = (value: object) => new Blob([JSON.stringify(value)]);
const plain = { do_normalize: false, do_rescale: false };
const file = async (path: string, blob?: Blob) => ({ path, blob: blob ?? (await png(2, 2)) });

describe('process', () => {
  it('32 × 32 without resizing is exact', async () => {
    const { process } = await imageProcessor(config(plain), 32);
    const pixels = await process(await png(32, 32, 8));
    const wrong = pixels.findIndex((value, at) => {
      const pixel = Math.floor(at / 3);
      return value !== [(pixel % 32) * 8, Math.floor(pixel / 32) * 8, 56][at % 3];
    });
    expect([pixels.length, wrong]).toEqual([3072, -1]);
  });

  it('normalises as CLIP by default', async () => {
    const { process } = await imageProcessor(null, 4);
    const [r, g, b] = await process(await png(4, 4));
    expect(r).toBeCloseTo((0 - 0.48145466) / 0.26862954, 5);
    expect(g).toBeCloseTo((0 - 0.4578275) / 0.26130258, 5);
    expect(b).toBeCloseTo((7 / 255 - 0.40821073) / 0.27577711, 5);
  });

  it('cuts 224 out of the middle of 300 × 224', async () => {
    const { process } = await imageProcessor(config(plain), 224);
    const pixels = await process(await png(300, 224));
    const at = (x: number, y: number) => [
      ...pixels.subarray((y * 224 + x) * 3, (y * 224 + x) * 3 + 3),
    ];
    expect(pixels).toHaveLength(224 * 224 * 3);
    expect([at(0, 0), at(10, 5), at(200, 223)]).toEqual([
      [38, 0, 7],
      [48, 5, 7],
      [238, 223, 7],
    ]);
  });

  it('takes a JPEG and a WebP', async () => {
    const { process } = await imageProcessor(config(plain), 16);
    for (const type of ['image/jpeg', 'image/webp']) {
      const pixels = await process(await png(64, 48, 0, type));
      expect(Math.max(...pixels)).toBeLessThan(12);
    }
  });
});

describe('corrupt images', () => {
  const bad = async (): Promise<[string, Blob][]> => {
    const whole = new Uint8Array(await (await png(64, 64)).arrayBuffer());
    const noise = Uint8Array.from({ length: 999 }, (_, at) => (at * 97) % 256);
    const huge = whole.slice();
    huge.set([0x7f, 0xff, 0xff, 0xff], 16);
    return [
      ['empty', new Blob([])],
      ['text', new Blob(['<svg onload="alert(1)"/>'])],
      ['noise', new Blob([noise])],
      ['header', new Blob([whole.subarray(0, 20)])],
      ['huge', new Blob([huge])],
    ];
  };

  it('are refused by name', async () => {
    const { process } = await imageProcessor(null, 32);
    for (const [name, blob] of await bad()) {
      await expect(process(blob, `${name}.png`)).rejects.toThrow(
        new RegExp(`^${name}\\.png ${name === 'huge' ? 'has 2147483647 × 64' : 'is no image'}`),
      );
    }
  });

  it('are skipped and told, or refused, as chosen', async () => {
    const processor = await imageProcessor(null, 8);
    const good = await png(8, 8);
    const [[, broken] = ['', good]] = await bad();
    const images = [good, broken, good].map((blob, label) => ({
      path: `${label}.png`,
      open: () => Promise.resolve(blob),
      label,
    }));
    const { sound, skipped } = await soundImages(images, processor, 'skip');
    expect(sound).toEqual([images[0], images[2]]);
    expect(skipped.map(({ path }) => path)).toEqual(['1.png']);
    await expect(soundImages(images, processor, 'refuse')).rejects.toThrow('1.png is no image');
  });
});

it.each([
  ['images.parquet', parquetUrl],
  ['images.arrow', arrowUrl],
])('%s has the pixels that Pillow reads', async (path, url) => {
  const { images: goldens } = goldenJson<{ images: { pixels: number[] }[] }>(
    'tables/expected.json',
  );
  const { images } = await listImages([{ path, blob: await (await fetch(url)).blob() }]);
  const decoded = [];
  for (const image of images) {
    const opened = await image.open();
    const { data } = opened instanceof Blob ? await decodeImage(opened, image.path) : opened;
    decoded.push([...data].filter((_, at) => at % 4 < 3));
  }
  expect(decoded).toEqual(goldens.map(({ pixels }) => pixels));
});

describe('listImages', () => {
  const shown = async (files: { path: string; blob: Blob }[]) => {
    const { images, labels } = await listImages(files);
    return images.map(({ path, label }) => `${path} ${labels[label]}`);
  };

  it('takes a folder per class, nested ones too, and leaves hidden files', async () => {
    const files = [
      'd/b/2.png',
      'd/a/1.PNG',
      'd/b/1.jpeg',
      'd/c/in/1.png',
      'd/a/._1.png',
      'd/a/notes.txt',
    ];
    expect(await shown(await Promise.all(files.map((path) => file(path))))).toEqual([
      'd/a/1.PNG a',
      'd/b/1.jpeg b',
      'd/b/2.png b',
      'd/c/in/1.png c/in',
    ]);
  });

  it('takes a CSV of paths and labels', async () => {
    const csv = new Blob(['Filename;Width;ClassId\nx/1.png;2;1\n2.png;2;0\n']);
    const files = [await file('d/list.csv', csv), await file('d/x/1.png'), await file('d/2.png')];
    expect(await shown(files)).toEqual(['d/x/1.png 1', 'd/2.png 0']);
  });

  it('takes a zip, and reads its entries when they are needed', async () => {
    const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
    await writer.add('d/cat/1.png', new BlobReader(await png(8, 8)));
    await writer.add('d/dog/1.png', new TextReader('no image'));
    const { images, labels } = await listImages([{ path: 'pets.zip', blob: await writer.close() }]);
    expect(labels).toEqual(['cat', 'dog']);
    const { sound, skipped } = await soundImages(images, await imageProcessor(null, 8));
    expect(sound.map(({ label }) => label)).toEqual([0]);
    expect(skipped[0]?.path).toBe('d/dog/1.png');
  });

  it('refuses a table that unpacks to more than one may have, without unpacking it', async () => {
    const writer = new ZipWriter(new BlobWriter());
    await writer.add('d/1.png', (await png(2, 2)).stream());
    const line = new Uint8Array(2 ** 20).fill(0x61);
    const parts = Array.from({ length: 65 }, () => line);
    await writer.add('d/list.csv', new Blob(parts).stream());
    const blob = await writer.close();
    expect(blob.size).toBeLessThan(200_000);
    await expect(listImages([{ path: 'bomb.zip', blob }])).rejects.toThrow(
      /^d\/list\.csv has 68157440 bytes, more than the 67108864 of a table of images/,
    );
    // The same where the directory of the zip tells a size that is not its own.
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const sizes = [...bytes.keys()].filter(
      (at) =>
        new DataView(bytes.buffer).byteLength >= at + 4 &&
        new DataView(bytes.buffer).getUint32(at, true) === 68157440,
    );
    expect(sizes.length).toBeGreaterThan(0);
    for (const at of sizes) new DataView(bytes.buffer).setUint32(at, 1000, true);
    await expect(listImages([{ path: 'lie.zip', blob: new Blob([bytes]) }])).rejects.toThrow(
      /d\/list\.csv in lie\.zip cannot be unpacked/,
    );
  });

  it.each([
    [['d/readme.txt'], {}, /no images, only files such as d\/readme\.txt/],
    [['d/1.png', 'd/2.png'], {}, /lies in no class's folder/],
    [['d/train/a/1.png', 'd/test/a/1.png'], {}, /splits train, test/],
    [['d/1.png'], { 'd/a.csv': 'x,y\nb,c\n' }, /the columns x, y/],
    [
      ['d/1.png'],
      { 'd/a.csv': 'path,label\n2.png,c\n' },
      /Line 2 of d\/a\.csv names the image 2\.png/,
    ],
    [[], { 'a.zip': 'PK no zip' }, /a\.zip is no zip file/],
  ])('%j with %j is refused', async (paths, texts, message) => {
    const files = await Promise.all(paths.map((path) => file(path)));
    const more = Object.entries(texts).map(([path, text]) => ({ path, blob: new Blob([text]) }));
    await expect(listImages([...files, ...more])).rejects.toThrow(message);
  });
});
