import { createTarDecoder } from 'modern-tar';
import { AppError } from '../errors.ts';
import { holdsWeights } from './pytorch/openZip.ts';
import { readZipDirectory } from './pytorch/zipDirectory.ts';
import { readSlice } from './readSlice.ts';
import { recognize } from './recognize.ts';
import type { SourceFile } from './source.ts';

const pictures = /\.(?:png|jpe?g|webp|gif|bmp|avif|ppm)$/i;
/** A tar is unpacked no farther than this, in bytes, to see what it holds. */
const mostUnpacked = 64 * 1024 ** 2;

/**
 * The paths of those archives that hold weights and no pictures, by the names in them, and of files that are called tar and
 * are weights themselves (`model_best.pth.tar`): they are no data.
 */
export async function weightArchives(archives: readonly SourceFile[]): Promise<string[]> {
  const found: string[] = [];
  for (const source of archives) if (await isOfWeights(source)) found.push(source.path);
  return found;
}

async function isOfWeights(source: SourceFile): Promise<boolean> {
  if (/\.tar$/i.test(source.path) && (await recognize(source))?.open) return true;
  const names = /\.zip$/i.test(source.path) ? await namesInZip(source) : await namesInTar(source);
  return names.some(holdsWeights) && !names.some((name) => pictures.test(name));
}

/** Names in a zip; none where it cannot be read, which whoever reads it will say. */
async function namesInZip(source: SourceFile): Promise<string[]> {
  try {
    return [...(await readZipDirectory(source)).entries.keys()];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/** Names in a tar as far as the first of weights or of a picture; none where it cannot be read. */
async function namesInTar(source: SourceFile): Promise<string[]> {
  const [first, second] = await readSlice(source, 0, 2);
  const isPacked = first === 0x1f && second === 0x8b;
  const stream = source.blob.stream();
  const bytes = isPacked ? stream.pipeThrough(new DecompressionStream('gzip')) : stream;
  const entries = bytes.pipeThrough(createTarDecoder({ strict: true })).getReader();
  const names: string[] = [];
  let unpacked = 0;
  try {
    for (;;) {
      const { done, value } = await entries.read();
      if (done) return names;
      names.push(value.header.name);
      unpacked += value.header.size;
      const isTold = holdsWeights(value.header.name) || pictures.test(value.header.name);
      if (isTold || unpacked > mostUnpacked) return names;
      await value.body.cancel();
    }
  } catch {
    return [];
  } finally {
    await entries.cancel().catch(() => undefined);
  }
}
