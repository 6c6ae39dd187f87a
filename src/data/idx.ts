import { faultsOf } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';
import type { SourceFile } from '../formats/source.ts';
import type { ImageEntry, ImageList } from './imageEntry.ts';
import { pixelsOf } from './resample.ts';

const imagesName = /^(.*)images?([-.]?)idx3([-.]?ubyte)$/i;

/** Whether a file holds the pictures of a set in the form of MNIST, by its name. */
export const isIdxImages = (path: string) => imagesName.test(path);

/** Whether a file belongs to a set in the form of MNIST, by its name. */
export const isIdx = (path: string) => /(?:images?|labels?)[-.]?idx[13][-.]?ubyte$/i.test(path);

/**
 * Images and classes of MNIST's form (http://yann.lecun.com/exdb/mnist, two files of unsigned bytes): grey pictures
 * [n, height, width] and labels [n], numbers from 0. Throws BadFile.
 */
export async function listIdx(
  images: SourceFile,
  files: readonly SourceFile[],
): Promise<ImageList> {
  const labels = labelsBeside(images, files);
  const [count = 0, height = 0, width = 0] = await shapeOf(images, 3);
  const [told] = await shapeOf(labels, 1);
  const fail = faultsOf(labels.path, `Take the one that belongs to ${images.path}.`);
  if (told !== count) throw fail(`has ${told} labels, and there are ${count} images`);
  const values = await readSlice(labels, 8, 8 + count);
  const most = values.reduce((max, value) => Math.max(max, value), 0);
  const entries = Array.from(values, (label, i): ImageEntry => {
    const start = 16 + i * width * height;
    const open = async () => {
      const bytes = await readSlice(images, start, start + width * height);
      return pixelsOf(width, height, 1, (at) => bytes[at]!);
    };
    return { path: `${images.path}#${i + 1}`, open, label };
  });
  return { images: entries, labels: Array.from({ length: most + 1 }, (_, i) => String(i)) };
}

/** The labels whose name is that of the images, but for these words. */
function labelsBeside({ path }: SourceFile, files: readonly SourceFile[]): SourceFile {
  const wanted = path.replace(imagesName, '$1labels$2idx1$3').toLowerCase();
  const same = (each: SourceFile) =>
    each.path.toLowerCase().replace(/label([-.]?idx1)/, 'labels$1') === wanted;
  const found = files.find(same);
  if (found) return found;
  throw faultsOf(
    path,
    'Drop both files together.',
  )(`has no labels beside it: ${wanted.split('/').at(-1)} is missing`);
}

/** Sizes of an array of unsigned bytes; throws BadFile where the file is none of this rank, or of another length. */
async function shapeOf(file: SourceFile, rank: number): Promise<number[]> {
  const fail = faultsOf(file.path, 'Download it again.');
  const start = 4 + rank * 4;
  const head = await readSlice(file, 0, start);
  const view = new DataView(head.buffer);
  if (head.length < start || view.getUint32(0) !== 0x800 + rank)
    throw fail(`is no idx file of unsigned bytes with ${rank} sizes`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + i * 4));
  const bytes = shape.reduce((product, size) => product * size, 1);
  if (bytes > 0 && file.blob.size === start + bytes) return shape;
  throw fail(
    `tells [${shape.join(', ')}], ${start + bytes} bytes, and has ${file.blob.size} bytes`,
  );
}
