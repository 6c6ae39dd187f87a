import { describe, expect, it } from 'vitest';
import { imageProcessor, listImages } from './images.ts';

/** A PNG of `rows` × `columns` tiles; pixel (x, y) of tile (r, c) is [40 r, 30 c, 8 x + y]. */
async function sheet(rows: number, columns: number, side: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(columns * side, rows * side);
  const context = canvas.getContext('2d')!;
  const image = new ImageData(canvas.width, canvas.height);
  for (let at = 0; at < canvas.width * canvas.height; at++) {
    const [x, y] = [at % canvas.width, Math.floor(at / canvas.width)];
    const blue = 8 * (x % side) + (y % side);
    image.data.set([40 * Math.floor(y / side), 30 * Math.floor(x / side), blue, 255], at * 4);
  }
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

const plain = new Blob([JSON.stringify({ do_normalize: false, do_rescale: false })]);
const labels = ['circle', 'square', 'star'];

describe('a sheet', () => {
  it('is a class for each row, and its tiles have their pixels to the last bit', async () => {
    const files = [{ path: 'shapes/test.png', blob: await sheet(3, 5, 8) }];
    const { images, labels: named } = await listImages(files, labels);
    expect(named).toEqual(labels);
    expect(images.map(({ label }) => label)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(images[7]?.path).toBe('shapes/test.png#2,3');
    const { process } = await imageProcessor(plain, 8);
    const tiles = await Promise.all(images.map(async (image) => process(await image.open())));
    const pixels = tiles.flatMap((tile) => [...tile]);
    const wrong = pixels.findIndex((value, at) => {
      const [tile, within] = [Math.floor(at / 192), Math.floor((at % 192) / 3)];
      const blue = 8 * (within % 8) + Math.floor(within / 8);
      return value !== [40 * Math.floor(tile / 5), 30 * (tile % 5), blue][at % 3];
    });
    expect([pixels.length, wrong]).toEqual([15 * 192, -1]);
  });

  it('without labels has tiles of 32 pixels and numbered classes in order', async () => {
    const blob = await sheet(12, 1, 32);
    const { images, labels: named } = await listImages([{ path: 'a.png', blob }]);
    expect([images.length, named[2], named[11]]).toEqual([12, '02', '11']);
    expect([...named].sort()).toEqual(named);
  });

  it.each([
    ['rows of another height', [2, 2, 32], labels, /64 × 64 pixels, and 3 classes/],
    ['a width of no whole tiles', [3, 1, 12], ['a', 'b'], /12 × 36 pixels, and 2 classes/],
    ['tiles of two pixels', [2, 2, 2], ['a', 'b'], /side of 4 to 512/],
    ['tiles that are too large', [1, 1, 640], ['a'], /side of 4 to 512/],
    ['no labels and another side', [2, 2, 20], null, /tiles of 32 × 32 pixels/],
  ] as const)('with %s is refused', async (_, [rows, columns, side], names, message) => {
    const files = [{ path: 'a.png', blob: await sheet(rows, columns, side) }];
    await expect(listImages(files, names)).rejects.toThrow(message);
  });

  it('that says to have more than 64 MiB of pixels is refused before it is decoded', async () => {
    const bytes = new Uint8Array(await (await sheet(1, 1, 32)).arrayBuffer());
    new DataView(bytes.buffer).setUint32(16, 32 * 2 ** 20);
    const files = [{ path: 'big.png', blob: new Blob([bytes]) }];
    await expect(listImages(files, ['a'])).rejects.toThrow('big.png has 33554432 × 32 pixels');
  });

  it('that is no picture is refused by name', async () => {
    const files = [{ path: 'a/test.png', blob: new Blob(['no picture']) }];
    await expect(listImages(files, ['a'])).rejects.toThrow('a/test.png is no image');
  });
});
