import { badFile, bug } from '../errors.ts';
import { decodePpm, ppmHeader } from './ppm.ts';
import type { Pixels } from './resample.ts';

/** Largest image that is decoded, in pixels. */
export const maxImagePixels = 1e8;

/** Pixels of an image file, turned as its EXIF data say; throws BadFile naming `path` where it is none, or has more than `most` pixels. */
export async function decodeImage(
  blob: Blob,
  path: string,
  most = maxImagePixels,
): Promise<Pixels> {
  const head = new Uint8Array(await blob.slice(0, 1024).arrayBuffer());
  const ppm = ppmHeader(head);
  const told = ppm ?? pngSize(head);
  if (told) checkSize(path, told, most);
  if (ppm) return decodePpm(blob, path, ppm);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, {
      premultiplyAlpha: 'none',
      colorSpaceConversion: 'none',
    });
  } catch (error) {
    const message = `${path} is no image that can be decoded (${blob.size} bytes). Save it again as PNG or JPEG, or choose to skip corrupt images.`;
    throw badFile(message, error);
  }
  try {
    checkSize(path, bitmap, most);
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw bug(`There is no canvas for ${path}.`);
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

type Size = Pick<Pixels, 'width' | 'height'>;

function checkSize(path: string, { width, height }: Size, most: number): void {
  if (width * height <= most) return;
  throw badFile(
    `${path} has ${width} × ${height} pixels, more than the ${most} that are decoded. Scale it down.`,
  );
}

const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** What a PNG's header says of its size, before anything is decoded; null for other files. */
function pngSize(bytes: Uint8Array): Size | null {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (head.byteLength < 24 || pngStart.some((byte, at) => head.getUint8(at) !== byte)) return null;
  return { width: head.getUint32(16), height: head.getUint32(20) };
}
