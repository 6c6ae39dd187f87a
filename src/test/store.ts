import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { getCheckpoint, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { listKeys, write } from '../storage/db.ts';
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

/** Ingests a checkpoint and gets its record. */
export async function ingested(
  opened: OpenedCheckpoint,
  options: IngestOptions,
): Promise<StoredCheckpoint> {
  const checkpoint = await getCheckpoint(await ingest(opened, options));
  if (!checkpoint) throw new Error('Nothing was stored.');
  return checkpoint;
}

/** The tensor of a checkpoint made by `openedOf` that fills weight file number `file`. */
export function tensorOf(checkpoint: StoredCheckpoint, file = 0): TensorInfo {
  const tensor = checkpoint.index.tensors[file];
  if (!tensor) throw new Error(`No weight file ${file}.`);
  return tensor;
}
