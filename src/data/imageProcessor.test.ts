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

  it('refuses an image so thin that it would fill the memory', () => {
    const thin = { width: 1, height: 100_000, data: new Uint8ClampedArray(400_000) };
    expect(() => prepare(thin, readSettings({}, 224), 224, 'thin.png')).toThrow(
      /^thin\.png has 1 × 100000 pixels, which become 224 × 22400000 at the model's size/,
    );
  });

  it('refuses a mean or deviation that is none', () => {
    expect(() => readSettings({ image_std: [1, 0, 1] }, 8)).toThrow(/image_std \[1,0,1\]/);
    expect(() => readSettings({ image_mean: 'x' }, 8)).toThrow(/image_mean "x"/);
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    expect(() => readSettings({ image_mean: deep }, 8)).toThrow(/image_mean what nests too deep/);
    expect(readSettings({ image_processor_type: { toString: 1 } }, 8).shortest).toBe(8);
  });
});
