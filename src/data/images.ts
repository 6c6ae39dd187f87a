import { AppError } from '../errors.ts';
import type { ImageEntry } from './imageList.ts';
import type { Processor } from './imageProcessor.ts';

export { listImages, type ImageEntry, type ImageList } from './imageList.ts';
export { imageProcessor, type Processor } from './imageProcessor.ts';

/** A batch of images: pixels [labels.length × size × size × 3], normalised; `skipped` are those that are none. */
export interface ImageBatch {
  size: number;
  pixels: Float32Array;
  labels: Int32Array;
  skipped: { path: string; why: string }[];
}

/** Opens and processes images; a corrupt one is left out and noted, or throws BadFile, as chosen. */
export async function imageBatch(
  images: readonly ImageEntry[],
  processor: Processor,
  onCorrupt: 'skip' | 'refuse',
): Promise<ImageBatch> {
  const { size } = processor;
  const perImage = size * size * 3;
  const pixels = new Float32Array(images.length * perImage);
  const labels: number[] = [];
  const skipped: { path: string; why: string }[] = [];
  for (const { path, open, label } of images) {
    try {
      pixels.set(await processor.process(await open(), path), labels.length * perImage);
      labels.push(label);
    } catch (error) {
      if (onCorrupt === 'refuse' || !(error instanceof AppError) || error.kind !== 'BadFile')
        throw error;
      skipped.push({ path, why: error.message });
    }
  }
  const kept = pixels.subarray(0, labels.length * perImage);
  return { size, pixels: kept, labels: Int32Array.from(labels), skipped };
}
