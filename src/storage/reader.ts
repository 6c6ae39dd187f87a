import { AppError, badFile, bug, incompatible } from '../errors.ts';
import { adapterReader } from './adapterReader.ts';
import { blobBytes } from './blobBytes.ts';
import { gatherStrided, windowBytes } from '../tensor/gatherStrided.ts';
import { withPieces } from '../tensor/pieces.ts';
import { readEach } from '../tensor/readEach.ts';
import { readScaled } from '../tensor/scaledCodes.ts';
import { tensorBytes, type TensorInfo, type TensorReader } from '../tensor/tensorIndex.ts';
import { getCheckpoint, type StoredCheckpoint } from './checkpoints.ts';
import { read } from './db.ts';
import { patchReader, type CheckpointReader } from './patchReader.ts';
import { openPlaced, unreadable } from './placed.ts';
import { readAhead } from './readAhead.ts';
import { damagedSpan } from './sliceCheck.ts';
import type { StoredSlice } from './slices.ts';

/** Reads the weight files of a stored checkpoint. */
export interface WeightFileReader extends TensorReader {
  /** Bytes [start, end) of a weight file as a Blob spliced from stored slices; reads none of them. */
  rangeBlob(file: number, start: number, end: number): Promise<Blob>;
  /** A tensor's elements in row-major order as a Blob; only those of a strided tensor are read, one window at a time. */
  tensorBlob(tensor: TensorInfo): Promise<Blob>;
}

/** A reader of a checkpoint; of an adapter it reads what that lies on with it, of a patch it reads the base with the patch on it, `Incompatible` when that base was deleted. */
export function createReader(checkpoint: StoredCheckpoint): CheckpointReader {
  const own = createFileReader(checkpoint);
  const { patch, laid, name } = checkpoint;
  if (laid) return withPieces(adapterReader(laid.tensors, own, createReader(laid.on)));
  if (!patch) return withPieces<CheckpointReader>(own);
  return patchReader(name, patch, own, async () => {
    const base = await getCheckpoint(patch.base);
    if (base) return { index: base.index, reader: createFileReader(base) };
    throw incompatible(
      `The base of the patch “${name}” was deleted (content id ${patch.base.slice(0, 12)}…). Add its files again.`,
    );
  });
}

/** Readers of checkpoints that are read at once: what several adapters lie on is read once for all of them. */
export function createReaders(checkpoints: readonly StoredCheckpoint[]): CheckpointReader[] {
  const bases = new Map<string, TensorReader>();
  for (const { laid } of checkpoints)
    if (laid && !laid.on.laid) bases.set(laid.on.copy.id, sharing(createReader(laid.on)));
  return checkpoints.map((checkpoint) => {
    const { laid, copy } = checkpoint;
    if (!laid) return bases.get(copy.id) ?? createReader(checkpoint);
    const base = bases.get(laid.on.copy.id);
    if (!base) return createReader(checkpoint);
    return withPieces(adapterReader(laid.tensors, createFileReader(checkpoint), base));
  });
}

/** A reader that reads once what is asked for several times before it has come: all get the same bytes, and change none. */
function sharing(reader: TensorReader): TensorReader {
  const reading = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  return {
    ...reader,
    async read(tensor, start, end) {
      const { name, file } = tensor;
      const key = JSON.stringify([name, file, tensor.start, start, end]);
      const known = tensor.pieces || tensor.strides ? undefined : reading.get(key);
      if (known) return known;
      const read = reader.read(tensor, start, end);
      const whole = read.finally(() => reading.delete(key));
      whole.catch(() => undefined);
      reading.set(key, whole);
      return read;
    },
  };
}

/** A reader of a checkpoint that gives its tensors as Blobs, too. */
export function createBlobReader(
  checkpoint: StoredCheckpoint,
): TensorReader & Pick<WeightFileReader, 'tensorBlob'> {
  if (!checkpoint.laid) return createFileReader(checkpoint);
  const reader = createReader(checkpoint);
  return { ...reader, tensorBlob: gathering((...range) => reader.read(...range)) };
}

/** A reader that holds handles of slices, and in memory only the ranges it was asked for. */
export function createFileReader(checkpoint: StoredCheckpoint): WeightFileReader {
  const { copy, placed } = checkpoint;
  const handles = new Map<string, Promise<Blob>>();

  const slice = (file: number, number: number): Promise<Blob> => {
    const name = `${file}/${number}`;
    const handle = handles.get(name) ?? openSlice(checkpoint, file, number);
    handles.set(name, handle);
    return handle;
  };

  const rangeBlob = async (file: number, start: number, end: number): Promise<Blob> => {
    const bytes = checkpoint.index.files[file]?.bytes ?? 0;
    if (!(0 <= start && start <= end && end <= bytes))
      throw bug(`Bytes ${start} to ${end} lie outside file ${file} (${bytes}).`);
    // A file used in place is one slice.
    const sliceBytes = placed ? bytes : copy.sliceBytes;
    const parts: Promise<Blob>[] = [];
    for (let at = start; at < end;) {
      const first = Math.floor(at / sliceBytes) * sliceBytes;
      const [from, to] = [at - first, Math.min(end - first, sliceBytes)];
      parts.push(slice(file, first / sliceBytes).then((blob) => blob.slice(from, to)));
      at = first + to;
    }
    const [only, ...more] = await Promise.all(parts);
    return only && more.length === 0 ? only : new Blob(only ? [only, ...more] : []);
  };

  const files = checkpoint.index.files.map(({ bytes }, file) =>
    readAhead(async (start, end) => {
      const blob = await rangeBlob(file, start, end);
      return new Uint8Array(await blobBytes(blob));
    }, bytes),
  );

  const readSpan = async ({ name, file, start }: TensorInfo, from: number, to: number) => {
    const read = files[file];
    if (!read) throw bug(`${name} lies in no file.`);
    const bytes = await read(start + from, start + to).catch((thrown: unknown) => {
      if (thrown instanceof AppError) throw thrown;
      throw damaged(checkpoint, `tensor ${name} could not be read`, thrown);
    });
    if (bytes.length === to - from) return bytes;
    throw damaged(checkpoint, `${bytes.length} of ${to - from} bytes came from tensor ${name}`);
  };

  const readTensor: TensorReader['read'] = async (tensor, start, end) => {
    if (!(0 <= start && start <= end && end <= tensorBytes(tensor)))
      throw bug(`Bytes ${start} to ${end} lie outside tensor ${tensor.name}.`);
    const read = (from: number, to: number) => readSpan(tensor, from, to);
    if (tensor.codes) return readScaled(tensor, tensor.codes, start, end, readSpan);
    return tensor.strides ? gatherStrided(tensor, start, end, read) : read(start, end);
  };

  const readAll = async (tensors: readonly TensorInfo[]) => {
    const [first, last] = [tensors[0], tensors.at(-1)];
    const inRow = tensors.every(({ file, start, strides, codes }, i) => {
      const before = tensors[i - 1];
      return !strides && !codes && (!before || (file === before.file && start === before.end));
    });
    if (first && last && inRow) {
      const read = files[first.file]?.(first.start, last.end);
      const bytes = await read?.catch(() => null);
      if (bytes?.length === last.end - first.start) return bytes;
    }
    // One by one an error names the tensor.
    return readEach({ read: readTensor }, tensors);
  };

  const gather = gathering(readTensor);
  return {
    rangeBlob,
    read: readTensor,
    readAll,
    tensorBlob(tensor) {
      if (!tensor.strides && !tensor.codes) return rangeBlob(tensor.file, tensor.start, tensor.end);
      return gather(tensor);
    },
  };
}

/** Makes Blobs of tensors' bytes, one window of one tensor at a time. */
function gathering(read: TensorReader['read']): (tensor: TensorInfo) => Promise<Blob> {
  let last: Promise<unknown> = Promise.resolve();
  const gather = async (tensor: TensorInfo): Promise<Blob> => {
    const bytes = tensorBytes(tensor);
    const parts: Blob[] = [];
    for (let at = 0; at < bytes; at += windowBytes)
      parts.push(new Blob([await read(tensor, at, Math.min(bytes, at + windowBytes))]));
    return new Blob(parts);
  };
  return (tensor) => {
    const gathered = last.then(() => gather(tensor));
    last = gathered.catch(() => undefined);
    return gathered;
  };
}

async function openSlice(
  checkpoint: StoredCheckpoint,
  file: number,
  number: number,
): Promise<Blob> {
  const { copy, index, placed } = checkpoint;
  if (placed) return openPlaced({ ...checkpoint, placed }, file);
  const start = number * copy.sliceBytes;
  const expected = Math.min(copy.sliceBytes, (index.files[file]?.bytes ?? 0) - start);
  const stored = await read<StoredSlice>(['slice', copy.id, file, number]);
  const where = (from: number, to: number) => `${index.files[file]?.name}, bytes ${from} to ${to}`;
  if (stored?.blob.size !== expected)
    throw damaged(
      checkpoint,
      `${where(start, start + expected)} are ${stored ? 'too short' : 'missing'}`,
    );
  const span = await damagedSpan(checkpoint, file, number, stored.blob);
  if (span) throw damaged(checkpoint, `${where(...span)} are not those that were stored`);
  return stored.blob;
}

/** BadFile for a checkpoint whose bytes are not what they were. */
export function damaged(checkpoint: StoredCheckpoint, what: string, cause?: unknown): AppError {
  if (checkpoint.placed) return unreadable(checkpoint.name, what, cause);
  return badFile(
    `The stored copy of “${checkpoint.name}” is damaged: ${what}. Add its files again.`,
    cause,
  );
}
