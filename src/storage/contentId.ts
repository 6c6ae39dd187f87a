import { AppError, throwIfCancelled } from '../errors.ts';

/** Bytes of one hashed chunk: part of the content id's definition, so it never changes. */
export const hashChunkBytes = 8 * 2 ** 20;

/** Chunks read and hashed at a time: ingest holds at most so many chunks in memory. */
export const hashLanes = 2;

const digestBytes = 32;

/** SHA-256s of a blob's chunks, one after the other, 32 bytes each; holds `hashLanes` chunks in memory. */
export async function digestChunks(
  blob: Blob,
  chunkBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks = Math.ceil(blob.size / chunkBytes);
  const digests = new Uint8Array(chunks * digestBytes);
  let next = 0;
  const lane = async () => {
    while (next < chunks) {
      throwIfCancelled(signal);
      const chunk = next++;
      const bytes = await blob.slice(chunk * chunkBytes, (chunk + 1) * chunkBytes).arrayBuffer();
      if (bytes.byteLength !== Math.min(chunkBytes, blob.size - chunk * chunkBytes))
        throw new DOMException('The file is shorter than it was.', 'NotReadableError');
      digests.set(await sha256(bytes), chunk * digestBytes);
    }
  };
  await Promise.all(Array.from({ length: hashLanes }, lane));
  return digests;
}

/**
 * Content id, hex: of one file, SHA-256 over the SHA-256s of its chunks; of several, SHA-256 over the
 * files' ids (32 bytes each) in the order of their names by UTF-16 code units.
 */
export async function contentId(
  files: readonly { name: string; digests: readonly Uint8Array<ArrayBuffer>[] }[],
): Promise<string> {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ids = await Promise.all(sorted.map((file) => sha256(joined(file.digests))));
  const [first] = ids;
  if (!first) throw new AppError('Bug', 'A checkpoint without weight files has no content id.');
  return toHex(ids.length === 1 ? first : await sha256(joined(ids)));
}

/** SHA-256 of bytes, 32 bytes. */
export async function sha256(bytes: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Lower-case hexadecimal digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
