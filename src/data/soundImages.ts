import { AppError } from '../errors.ts';
import type { ImageEntry } from './imageEntry.ts';
import type { Processor } from './imageProcessor.ts';

/** Images that can be read, and why others cannot. */
export interface SoundImages {
  sound: ImageEntry[];
  skipped: { path: string; why: string }[];
}

/** Tries every image once; what is corrupt is left out and told, or refused with BadFile. */
export async function soundImages(
  images: readonly ImageEntry[],
  processor: Processor,
  onCorrupt: 'skip' | 'refuse' = 'skip',
): Promise<SoundImages> {
  const found: SoundImages = { sound: [], skipped: [] };
  for (const image of images) {
    try {
      await processor.process(await image.open(), image.path);
      found.sound.push(image);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'BadFile' || onCorrupt === 'refuse')
        throw error;
      found.skipped.push({ path: image.path, why: error.message });
    }
  }
  return found;
}
