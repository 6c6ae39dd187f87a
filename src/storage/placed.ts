import { type AppError, badFile, incompatible } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import type { TensorIndex } from '../tensor/tensorIndex.ts';
import { sha256, toHex } from './contentId.ts';

declare global {
  /** What Chromium has beyond lib.dom. */
  interface FileSystemHandle {
    queryPermission?(wanted: { mode: 'read' }): Promise<PermissionState>;
    requestPermission?(wanted: { mode: 'read' }): Promise<PermissionState>;
  }
}

/** A weight file that stays where the user has it, and what tells that it is still the same. */
export interface PlacedFile {
  handle: FileSystemFileHandle;
  /** Milliseconds since 1970. */
  lastModified: number;
  /** SHA-256, hex, of a sample of its bytes. */
  sample: string;
}

/** A checkpoint that is used in place. */
export interface PlacedCheckpoint {
  name: string;
  index: TensorIndex;
  placed: readonly PlacedFile[];
}

/** Pieces spread evenly over a file, its first and its last bytes among them. */
const sampled = { pieces: 16, bytes: 64 * 2 ** 10 };

/** Takes a file in as it was opened; `BadFile` when it is another by now. */
export async function placeFile(
  { path, blob }: SourceFile,
  handle: FileSystemFileHandle,
): Promise<PlacedFile> {
  const file = await handle.getFile().catch(() => null);
  const isSame = blob instanceof File && file && isAsBefore(file, blob.size, blob.lastModified);
  if (!isSame) throw badFile(`“${path}” was changed, moved or deleted. Pick it again.`);
  return { handle, lastModified: file.lastModified, sample: await sampleOf(file) };
}

/**
 * Weight file number `file` of a checkpoint used in place. Throws `Incompatible` without the permission to read it, `BadFile` where it
 * is gone or changed, by its size, its date or a sample of its bytes.
 */
export async function openPlaced(checkpoint: PlacedCheckpoint, file: number): Promise<File> {
  const found = await findPlaced(checkpoint, file);
  const sample = await sampleOf(found).catch((thrown: unknown) => {
    throw unreadable(checkpoint.name, `“${found.name}” could not be read`, thrown);
  });
  if (sample === checkpoint.placed[file]?.sample) return found;
  throw changed(checkpoint.name, found.name);
}

/** What keeps a checkpoint from being read in place, as far as its files' sizes and dates tell; null when nothing does. */
export async function placedTrouble(checkpoint: PlacedCheckpoint): Promise<AppError | null> {
  const files = checkpoint.placed.map((_, file) => findPlaced(checkpoint, file));
  const failed = (await Promise.allSettled(files)).find((each) => each.status === 'rejected');
  return (failed?.reason as AppError | undefined) ?? null;
}

/** BadFile for a file in place that cannot be read; `what` says where. */
export function unreadable(name: string, what: string, cause?: unknown): AppError {
  return badFile(
    `“${name}” is used in place, and ${what}: it was changed, moved or deleted, or its drive is not connected. ${remedy(name)}`,
    cause,
  );
}

async function findPlaced({ name, index, placed }: PlacedCheckpoint, file: number): Promise<File> {
  const { handle, lastModified = 0 } = placed[file] ?? {};
  const { name: path = '', bytes = 0 } = index.files[file] ?? {};
  if (((await handle?.queryPermission?.({ mode: 'read' })) ?? 'granted') !== 'granted')
    throw incompatible(
      `“${name}” is used in place, and the browser asks anew before it reads “${path}”. Press “Allow reading” beside it in the library.`,
    );
  const found = await handle?.getFile().catch((thrown: unknown) => {
    throw unreadable(name, `“${path}” was not found`, thrown);
  });
  if (found && isAsBefore(found, bytes, lastModified)) return found;
  throw changed(name, path);
}

const isAsBefore = (file: File, bytes: number, lastModified: number) =>
  file.size === bytes && file.lastModified === lastModified;

const changed = (name: string, path: string) =>
  badFile(`“${path}” changed since “${name}” was added, which uses it in place. ${remedy(name)}`);

const remedy = (name: string) =>
  `Put the file back as it was, or delete “${name}” from the library and add it again.`;

async function sampleOf(file: Blob): Promise<string> {
  const step = Math.max(0, file.size - sampled.bytes) / (sampled.pieces - 1);
  const pieces = Array.from({ length: sampled.pieces }, (_, i) => {
    const start = Math.floor(i * step);
    return file.slice(start, start + sampled.bytes);
  });
  return toHex(await sha256(await new Blob(pieces).arrayBuffer()));
}
