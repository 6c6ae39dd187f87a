import { faultsOf } from '../errors.ts';
import { pixelsOf, type Pixels } from './resample.ts';

/** A picture of Netpbm: bytes of one channel (P5) or three (P6). */
export interface PpmHeader {
  width: number;
  height: number;
  channels: 1 | 3;
  /** Value that is white. */
  most: number;
  /** Where the pixels begin. */
  start: number;
}

/** What the first bytes of a PGM or PPM say, null for other files. */
export function ppmHeader(head: Uint8Array): PpmHeader | null {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 1024));
  const space = '(?:\\s|#[^\\n]*\\n)+';
  const [all, kind, width, height, most] =
    new RegExp(`^P([56])${space}(\\d{1,9})${space}(\\d{1,9})${space}(\\d{1,5})\\s`).exec(text) ??
    [];
  if (all === undefined) return null;
  const channels = kind === '5' ? 1 : 3;
  const [w, h] = [Number(width), Number(height)];
  return { width: w, height: h, channels, most: Number(most), start: all.length };
}

/** Pixels of a PGM or PPM; throws BadFile where bytes are missing, or a channel has more than one. */
export async function decodePpm(blob: Blob, path: string, header: PpmHeader): Promise<Pixels> {
  const { width, height, channels, most, start } = header;
  const fail = faultsOf(path, 'Save it again as PNG.');
  if (most < 1 || most > 255) throw fail(`has channels of two bytes, up to ${most}`);
  const bytes = new Uint8Array(await blob.slice(start).arrayBuffer());
  if (bytes.length < width * height * channels)
    throw fail(
      `is cut off: ${width} × ${height} pixels need ${width * height * channels} bytes, and it has ${bytes.length}`,
    );
  const level = (value: number) => (most === 255 ? value : Math.round((value * 255) / most));
  return pixelsOf(width, height, channels, (at) => level(bytes[at]!));
}
