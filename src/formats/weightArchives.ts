import { AppError } from '../errors.ts';
import { holdsWeights } from './pytorch/openZip.ts';
import { readZipDirectory } from './pytorch/zipDirectory.ts';
import type { SourceFile } from './source.ts';

const pictures = /\.(?:png|jpe?g|webp|gif|bmp|avif)$/i;

/** The paths of those zips that hold weights and no pictures, by the names in their directories: they are no data. */
export async function weightArchives(zips: readonly SourceFile[]): Promise<string[]> {
  const found = zips.map(async (source) => {
    const names = await namesIn(source);
    return names.some(holdsWeights) && !names.some((name) => pictures.test(name))
      ? [source.path]
      : [];
  });
  return (await Promise.all(found)).flat();
}

/** Names in a zip; none where it cannot be read, which whoever reads it will say. */
async function namesIn(source: SourceFile): Promise<string[]> {
  try {
    return [...(await readZipDirectory(source)).entries.keys()];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
