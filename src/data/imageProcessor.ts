import { badFile, shownJson } from '../errors.ts';
import { decodeImage } from './decodeImage.ts';
import { parseJson } from './parseJson.ts';
import { resample } from './resample.ts';
import type { Filter, Pixels } from './resample.ts';
import { isRecord } from './tokenizerJson.ts';

/** Makes images the input of a model. */
export interface Processor {
  /** Side of the output in pixels. */
  size: number;
  /** [size × size × 3] float32 of a file or its pixels, row by row, normalised; throws BadFile naming `path` when it is no image. */
  process(image: Blob | Pixels, path?: string): Promise<Float32Array>;
}

/** What preprocessor_config.json says; `shortest` is the shorter side before the crop, null to stretch to the input's square. */
export interface ProcessorSettings {
  shortest: number | null;
  filter: Filter;
  rescale: number;
  mean: readonly number[];
  std: readonly number[];
}

/** Largest shorter side that images are scaled to. */
const mostSide = 8192;

const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

/**
 * The processor of a Hugging Face preprocessor_config.json, or of the processor_config.json that newer versions write in its
 * place (CLIP's where it is null), for models of `size` pixels. Resizes
 * as Pillow does, crops the centre, drops transparency, and turns the image as its EXIF data say. Throws BadFile.
 */
export async function imageProcessor(config: Blob | null, size: number): Promise<Processor> {
  const settings = readSettings(config ? await readConfig(config) : {}, size);
  return {
    size,
    process: async (image, path = 'The image') =>
      prepare(image instanceof Blob ? await decodeImage(image, path) : image, settings, size),
  };
}

async function readConfig(blob: Blob): Promise<Record<string, unknown>> {
  const name = 'preprocessor_config.json';
  const remedy = 'Download it again, or remove it to take CLIP’s settings.';
  const value = parseJson(await blob.text(), name, remedy);
  if (isRecord(value)) return isRecord(value.image_processor) ? value.image_processor : value;
  throw badFile(`${name} is no JSON object. ${remedy}`);
}

/** Settings of a configuration; a crop or square of another size than the model's is scaled to it. */
export function readSettings(config: Record<string, unknown>, size: number): ProcessorSettings {
  const type = config.image_processor_type ?? config.feature_extractor_type;
  const crops = config.do_center_crop ?? !(typeof type === 'string' && type.startsWith('ViT'));
  const edge = isRecord(config.size) ? config.size.shortest_edge : config.size;
  const crop = isRecord(config.crop_size) ? config.crop_size.height : config.crop_size;
  const shortest =
    typeof edge === 'number' && typeof crop === 'number' ? (edge * size) / crop : size;
  if (!(shortest >= 0.5 && shortest <= mostSide)) {
    const message = `preprocessor_config.json has size ${shownJson(config.size)} and crop_size ${shownJson(config.crop_size)}, which scale images to ${shortest} pixels, where 1 to ${mostSide} must be. Download it again.`;
    throw badFile(message);
  }
  const plain = config.do_normalize === false;
  return {
    shortest: crops === true ? Math.round(shortest) : null,
    filter: config.resample === 2 ? 'bilinear' : 'bicubic',
    rescale: config.do_rescale === false ? 1 : numberOf(config.rescale_factor, 1 / 255),
    mean: plain ? [0, 0, 0] : threeOf(config.image_mean, 'image_mean', clipMean),
    std: plain ? [1, 1, 1] : threeOf(config.image_std, 'image_std', clipStd),
  };
}

const numberOf = (value: unknown, otherwise: number) =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;

function threeOf(value: unknown, name: string, otherwise: readonly number[]): readonly number[] {
  if (value === undefined) return otherwise;
  const numbers: unknown[] = Array.isArray(value) ? value : [];
  const good = numbers.filter(
    (each): each is number => Number.isFinite(each) && (name === 'image_mean' || each !== 0),
  );
  if (good.length === 3 && numbers.length === 3) return good;
  const message = `preprocessor_config.json has ${name} ${shownJson(value)}, where three numbers must be (of image_std none 0). Download it again.`;
  throw badFile(message);
}

/** [size × size × 3] of decoded pixels: resized, its centre cut out (black where there is none), normalised. */
export function prepare(image: Pixels, settings: ProcessorSettings, size: number): Float32Array {
  const { shortest, filter, rescale, mean, std } = settings;
  const [across, down] = resizedTo(image, shortest, size);
  const left = Math.floor((across - size) / 2);
  const top = Math.floor((down - size) / 2);
  const window = {
    left: Math.max(0, left),
    top: Math.max(0, top),
    width: Math.min(across, size),
    height: Math.min(down, size),
  };
  const { width, height, data } = resample(image, across, down, filter, window);
  // Where it begins in the square, which may be larger.
  const [x0, y0] = [Math.max(0, -left), Math.max(0, -top)];
  const pixels = new Float32Array(size * size * 3);
  for (let y = 0, to = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inside = y >= y0 && y < y0 + height && x >= x0 && x < x0 + width;
      const from = ((y - y0) * width + x - x0) * 4;
      for (let channel = 0; channel < 3; channel++, to++) {
        const value = inside ? data[from + channel]! * rescale : 0;
        pixels[to] = (value - mean[channel]!) / std[channel]!;
      }
    }
  }
  return pixels;
}

/** Width and height before the crop, the longer side rounded down as transformers does. */
function resizedTo(
  { width, height }: Pixels,
  shortest: number | null,
  size: number,
): [number, number] {
  if (shortest === null) return [size, size];
  if (width <= height) return [shortest, Math.trunc((shortest * height) / width)];
  return [Math.trunc((shortest * width) / height), shortest];
}
