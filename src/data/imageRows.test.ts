import { describe, expect, it } from 'vitest';
import {
  CountingBlob,
  stretched,
  tableBytes,
  tableFile,
  tableGoldens,
} from '../test/tableGoldens.ts';
import { listImages } from './images.ts';

const { images: goldens } = tableGoldens;
const list = async (name: string, columns?: { image?: string; label?: string }) =>
  listImages([await tableFile(name)], null, columns);
const bytesOf = async (blob: unknown) =>
  blob instanceof Blob ? Buffer.from(await blob.arrayBuffer()).toString('base64') : null;

describe('images in rows', () => {
  it.each(['images.parquet', 'images.arrow'])(
    '%s: bytes and classes as datasets reads them',
    async (name) => {
      const { images, labels, inOrder } = await list(name);
      expect([labels, inOrder]).toEqual([['zebra', 'ant', 'owl'], true]);
      expect(images.map(({ label }) => labels[label])).toEqual(goldens.map(({ label }) => label));
      const met = [];
      for (const image of [...images, ...images.toReversed()])
        met.push(await bytesOf(await image.open()));
      const wanted = goldens.map(({ png }) => png);
      expect(met).toEqual([...wanted, ...wanted.toReversed()]);
    },
  );

  it('take bytes without a path, and numbers for classes', async () => {
    const { images, labels } = await list('bytes.parquet');
    expect(labels).toEqual(['0', '1', '2']);
    expect(images.map(({ label }) => label)).toEqual(goldens.map((_, at) => (at * 2) % 3));
    expect(await bytesOf(await images[7]!.open())).toBe(goldens[7]!.png);
  });

  it('are not read before they are asked for', async () => {
    const blob = new CountingBlob([await tableBytes('images.parquet')]);
    const { images } = await listImages([{ path: 'a.parquet', blob }]);
    const listed = blob.read;
    await images[0]!.open();
    const first = blob.read - listed;
    await images[0]!.open();
    expect(blob.read - listed).toBe(first);
    expect(first).toBeLessThan(blob.size / 2);
  });

  it('in their order are read together, once', async () => {
    const blob = new CountingBlob([await tableBytes('bytes.parquet')]);
    const { images } = await listImages([{ path: 'a.parquet', blob }]);
    const reads = [];
    for (const image of images) {
      const before = blob.read;
      await image.open();
      reads.push(blob.read > before);
    }
    expect(reads).toEqual([true, true, true, ...Array<boolean>(7).fill(false)].with(2, true));
  });

  it('of a large file are told apart by the part they are read with', async () => {
    const blob = await stretched('images.parquet');
    const { images } = await listImages([{ path: 'images.parquet', blob }]);
    expect(images.map(({ span }) => span)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
    expect(await bytesOf(await images[9]!.open())).toBe(goldens[9]!.png);
    expect((await list('images.parquet')).images[0]).not.toHaveProperty('span');
  });

  it.each([
    [
      'urls.parquet',
      {},
      /urls\.parquet: "image" holds the addresses of images, such as https:\/\/example\.org\/0\.png, and/,
    ],
    ['none.parquet', {}, /none\.parquet has no column of images; it has text, label/],
    ['images.parquet', { image: 'photo' }, /has no column "photo"; it has "image", "label"/],
    ['hidden.parquet', {}, /Row 1 of hidden\.parquet has the label "-1" .*kept secret/],
  ])('%s %j is told', async (name, columns, message) => {
    await expect(list(name, columns)).rejects.toThrow(message);
  });

  it('that are only named are told', async () => {
    const { images } = await list('paths.parquet');
    await expect(images[1]!.open()).rejects.toThrow(
      /^Row 2 of paths\.parquet names the image \/home\/me\/1\.png and does not hold it/,
    );
  });
});
