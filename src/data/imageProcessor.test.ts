import { describe, expect, it } from 'vitest';
import { goldenJson } from '../test/dataGoldens.ts';
import { imageProcessor, prepare, readSettings } from './imageProcessor.ts';
import { resample } from './resample.ts';
import type { Filter, Pixels } from './resample.ts';

interface Stored {
  width: number;
  height: number;
  rgb: number[];
}

const golden = goldenJson<{
  images: Stored[];
  resized: (Stored & { image: number; filter: Filter })[];
  inputs: { image: number; config: Record<string, unknown>; size: number; pixels: number[] }[];
}>('images.json');

const pixelsOf = ({ width, height, rgb }: Stored): Pixels => {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (const [at, value] of rgb.entries()) data[Math.floor(at / 3) * 4 + (at % 3)] = value;
  return { width, height, data };
};
const images = golden.images.map(pixelsOf);

describe('resample', () => {
  it.each(
    golden.resized.map((each) => [each.image, each.filter, each.width, each.height, each] as const),
  )(
    'image %i, %s to %i × %i: as Pillow to the last bit',
    (image, filter, width, height, { rgb }) => {
      const { data } = resample(images[image]!, width, height, filter);
      const got = rgb.map((_, at) => data[Math.floor(at / 3) * 4 + (at % 3)]);
      const wrong = rgb.flatMap((value, at) => (got[at] === value ? [] : [[at, got[at], value]]));
      expect(wrong.slice(0, 5)).toEqual([]);
    },
  );
});

it('a part of a resized image is as Pillow’s there', () => {
  for (const { image, filter, width, height, rgb } of golden.resized) {
    const [left, top] = [Math.floor(width / 3), Math.floor(height / 4)];
    const window = { left, top, width: width - 2 * left, height: height - 2 * top };
    const got = resample(images[image]!, width, height, filter, window);
    const wanted = Array.from({ length: window.width * window.height * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      const [x, y] = [left + (pixel % window.width), top + Math.floor(pixel / window.width)];
      return rgb[(y * width + x) * 3 + (at % 3)];
    });
    expect([...got.data].filter((_, at) => at % 4 < 3)).toEqual(wanted);
  }
});

describe('the input of a model', () => {
  it.each(golden.inputs)('image $image, $config.image_processor_type: as numpy', (each) => {
    const got = prepare(images[each.image]!, readSettings(each.config, each.size), each.size);
    const worst = each.pixels.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - got[at]!)),
      0,
    );
    expect(got).toHaveLength(each.size ** 2 * 3);
    expect(worst).toBeLessThan(1e-6);
  });

  it('follows processor_config.json, which newer versions write, as it does preprocessor_config.json', async () => {
    const { image, config, size, pixels } = golden.inputs[1]!;
    const newer = new Blob([
      JSON.stringify({ processor_class: 'ViTProcessor', image_processor: config }),
    ]);
    const got = await (await imageProcessor(newer, size)).process(images[image]!);
    expect(Math.max(...pixels.map((value, at) => Math.abs(value - got[at]!)))).toBeLessThan(1e-6);
  });

  it('without configuration is CLIP’s, and an old configuration has plain numbers', () => {
    const none = readSettings({}, 224);
    expect(none).toMatchObject({ shortest: 224, filter: 'bicubic', rescale: 1 / 255 });
    expect(none.mean[0]).toBe(0.48145466);
    const old = { feature_extractor_type: 'CLIPFeatureExtractor', size: 256, crop_size: 224 };
    expect(readSettings(old, 224).shortest).toBe(256);
    const vit = { feature_extractor_type: 'ViTFeatureExtractor', size: 224, resample: 2 };
    expect(readSettings(vit, 224)).toMatchObject({ shortest: null, filter: 'bilinear' });
  });

  it.each([
    { size: 1e12, crop_size: 224 },
    { size: 224, crop_size: 0 },
    { size: -5, crop_size: 224 },
    { size: 1e-9, crop_size: 224 },
  ])('refuses a configuration that scales by %j', (config) => {
    expect(() => readSettings(config, 224)).toThrow(
      expect.objectContaining({ kind: 'BadFile', message: expect.stringMatching(/1 to 8192/) }),
    );
  });

  it.each([
    [1, 1_000_000],
    [1_000_000, 1],
  ])('takes no more time for a picture of %i × %i than for its pixels', (width, height) => {
    const data = new Uint8ClampedArray(width * height * 4).fill(255);
    const got = prepare({ width, height, data }, readSettings({}, 224), 224);
    // White is (1 − mean) / deviation in every pixel.
    const white = [1.9303361, 2.0748837, 2.1458969];
    expect(got.findIndex((value, at) => Math.abs(value - white[at % 3]!) > 1e-6)).toBe(-1);
  });

  it('refuses a mean or deviation that is none', () => {
    expect(() => readSettings({ image_std: [1, 0, 1] }, 8)).toThrow(/image_std \[1,0,1\]/);
    expect(() => readSettings({ image_mean: 'x' }, 8)).toThrow(/image_mean "x"/);
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    expect(() => readSettings({ image_mean: deep }, 8)).toThrow(/image_mean what nests too deep/);
    expect(readSettings({ image_processor_type: { toString: 1 } }, 8).shortest).toBe(8);
  });
});
