import { onTestFinished } from 'vitest';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { listKeys, write } from '../storage/db.ts';
import { identify } from '../storage/identify.ts';
import { ingest, type IngestOptions } from '../storage/ingest.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';

export const KiB = 2 ** 10;

/** Empties the store. */
export async function emptyStore(): Promise<void> {
  await write({ remove: [IDBKeyRange.lowerBound([])] });
}

/** Every key of the store, joined by slashes. */
export async function allKeys(): Promise<string[]> {
  const keys = await listKeys(IDBKeyRange.lowerBound([]));
  return keys.map((key) => (Array.isArray(key) ? key.join('/') : String(key)));
}

/** Bytes that neither repeat nor compress. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** A checkpoint of the given weight files, each one U8 tensor from byte 0 on. */
export function openedOf(
  name: string,
  files: readonly File[],
  sideFiles: OpenedCheckpoint['sideFiles'] = [],
): OpenedCheckpoint {
  const tensors = files.map((file, number): TensorInfo => ({
    ...{ name: file.name, dtype: 'U8', shape: [file.size], file: number },
    ...{ start: 0, end: file.size },
  }));
  return {
    name,
    index: {
      files: files.map((file) => ({ name: file.name, bytes: file.size })),
      tensors,
      metadata: {},
    },
    weightFiles: files.map((blob) => ({ path: `${name}/${blob.name}`, blob })),
    sideFiles,
    architecture: null,
  };
}

/** Ingests a checkpoint and gets its record, its content id known. */
export async function ingested(
  opened: OpenedCheckpoint,
  options: IngestOptions,
): Promise<StoredCheckpoint> {
  return identify(await ingest(opened, options), options.signal);
}

/** The tensor of a checkpoint made by `openedOf` that fills weight file number `file`. */
export function tensorOf(checkpoint: StoredCheckpoint, file = 0): TensorInfo {
  const tensor = checkpoint.index.tensors[file];
  if (!tensor) throw new Error(`No weight file ${file}.`);
  return tensor;
}

/** The content id by its definition, in plain loops. */
export async function plainId(files: readonly Uint8Array<ArrayBuffer>[], chunkBytes: number) {
  const sha = async (bytes: Uint8Array<ArrayBuffer>) => [
    ...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
  ];
  const ids: number[][] = [];
  for (const file of files) {
    const digests: number[] = [];
    for (let at = 0; at < file.length; at += chunkBytes)
      digests.push(...(await sha(file.slice(at, at + chunkBytes))));
    ids.push(await sha(Uint8Array.from(digests)));
  }
  const id = ids.length === 1 ? ids[0] : await sha(Uint8Array.from(ids.flat()));
  return (id ?? []).map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A file of the origin's private file system, until the test ends, and what writes it anew. */
export async function privateFile(name: string) {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle(name, { create: true });
  onTestFinished(() => folder.removeEntry(name).catch(() => undefined));
  const rewrite = async (bytes: Uint8Array<ArrayBuffer>) => {
    const stream = await handle.createWritable();
    await stream.write(bytes);
    await stream.close();
  };
  return { handle, rewrite, remove: () => folder.removeEntry(name) };
}
