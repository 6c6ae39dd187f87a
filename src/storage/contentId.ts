import { bug, throwIfCancelled } from '../errors.ts';
import { release } from '../tensor/release.ts';

/**
 * Bytes of one hashed chunk: part of the content id's definition, so it never changes.
 * WebCrypto hashed 512 KiB chunks half as fast again as 1 MiB and larger ones.
 */
export const hashChunkBytes = 512 * 2 ** 10;

/** Bytes read at a time, and how many reads are under way: hashing holds at most their product. */
export const hashReads = { bytes: 8 * 2 ** 20, lanes: 4 };

export const digestBytes = 32;

/** SHA-256s of a blob's chunks, one after the other, 32 bytes each; bounded by `hashReads`. */
export async function digestChunks(
  blob: Blob,
  chunkBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const digests = new Uint8Array(Math.ceil(blob.size / chunkBytes) * digestBytes);
  const readBytes = Math.ceil(hashReads.bytes / chunkBytes) * chunkBytes;
  let next = 0;
  const lane = async () => {
    while (next < blob.size) {
      throwIfCancelled(signal);
      const start = next;
      next += readBytes;
      const bytes = await blob.slice(start, start + readBytes).arrayBuffer();
      if (bytes.byteLength !== Math.min(readBytes, blob.size - start))
        throw new DOMException('The file is shorter than it was.', 'NotReadableError');
      for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
        const chunk = new Uint8Array(bytes, at, Math.min(chunkBytes, bytes.byteLength - at));
        digests.set(await sha256(chunk), ((start + at) / chunkBytes) * digestBytes);
      }
      release(new Uint8Array(bytes));
    }
  };
  await Promise.all(Array.from({ length: hashReads.lanes }, lane));
  return digests;
}

/**
 * Content id, hex: of one file, SHA-256 over the SHA-256s of its chunks; of several, SHA-256 over the
 * files' ids (32 bytes each) in the order of their names by UTF-16 code units. Of a part of what the files hold, SHA-256 over
 * that id's 32 bytes and the part's name in UTF-8.
 */
export async function contentId(
  files: readonly { name: string; digests: readonly Uint8Array<ArrayBuffer>[] }[],
  part?: string,
): Promise<string> {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ids = await Promise.all(sorted.map((file) => sha256Of(file.digests)));
  const [first] = ids;
  if (!first) throw bug('A checkpoint without weight files has no content id.');
  const whole = ids.length === 1 ? first : await sha256Of(ids);
  const named =
    part === undefined ? whole : await sha256Of([whole, new TextEncoder().encode(part)]);
  return toHex(named);
}

/** SHA-256 of bytes, 32 bytes. */
export async function sha256(bytes: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Lower-case hexadecimal digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const sha256Of = async (parts: readonly Uint8Array<ArrayBuffer>[]) =>
  sha256(await new Blob([...parts]).arrayBuffer());
