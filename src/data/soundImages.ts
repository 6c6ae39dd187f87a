import { AppError } from '../errors.ts';
import type { ImageEntry } from './imageEntry.ts';
import type { Processor } from './imageProcessor.ts';

/** Images that can be read, and why others cannot. */
export interface SoundImages {
  sound: ImageEntry[];
  skipped: { path: string; why: string }[];
}

/** Tries every image once, those of a table in its order; what is corrupt is left out and told, or refused with BadFile. */
export async function soundImages(
  images: readonly ImageEntry[],
  processor: Processor,
  onCorrupt: 'skip' | 'refuse' = 'skip',
): Promise<SoundImages> {
  const skipped: SoundImages['skipped'] = [];
  const corrupt = new Set<ImageEntry>();
  for (const image of images.toSorted((a, b) => (a.row ?? 0) - (b.row ?? 0))) {
    try {
      await processor.process(await image.open(), image.path);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'BadFile' || onCorrupt === 'refuse')
        throw error;
      corrupt.add(image);
      skipped.push({ path: image.path, why: error.message });
    }
  }
  return { sound: images.filter((image) => !corrupt.has(image)), skipped };
}
