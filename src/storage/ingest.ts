import { AppError, throwIfCancelled } from '../errors.ts';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import {
  changeLibrary,
  getCheckpoint,
  listCheckpoints,
  uniqueName,
  type StoredCheckpoint,
} from './checkpoints.ts';
import { contentId, digestChunks, hashChunkBytes } from './contentId.ts';
import { write } from './db.ts';
import {
  dropJournal,
  fingerprintOf,
  ingestLock,
  openJournal,
  type IngestJournal,
} from './journal.ts';
import { checkpointKey, ingestKey, keysUnder, sliceKey } from './keys.ts';
import { formatBytes, isQuotaError, isSourceError, quotaFull } from './quota.ts';
import {
  defaultSliceBytes,
  sliceSpans,
  storedSlices,
  type SliceSpan,
  type StoredSlice,
} from './slices.ts';
import { refuse, withFreeLock } from './tabs.ts';

export interface IngestProgress {
  doneBytes: number;
  totalBytes: number;
  /** Name of the weight file at work. */
  file: string;
}

export interface IngestOptions {
  signal: AbortSignal;
  onProgress?: (progress: IngestProgress) => void;
  /** A multiple of `chunkBytes`; an ingest that goes on keeps the size it began with. */
  sliceBytes?: number;
  /** Part of the content id's definition: for tests alone. */
  chunkBytes?: number;
}

const sideFileLimit = 64e6;
const sideFilesLimit = 256e6;

/**
 * Copies a checkpoint into the library and returns its content id; goes on where an earlier ingest of the
 * same files was cut off, and keeps what the library has when it holds the same weights already.
 * Throws `BadFile` (a file is empty, or was changed meanwhile), `QuotaFull`, `Cancelled`, `Unsupported` (another tab is at it).
 */
export async function ingest(opened: OpenedCheckpoint, options: IngestOptions): Promise<string> {
  checkFiles(opened);
  const fingerprint = await naming(`“${opened.name}”`, () => fingerprintOf(opened));
  const busy = `“${opened.name}” is being copied into the library already, perhaps in another tab. Wait until that copy is done.`;
  const work = () => copyAll(opened, fingerprint, options);
  return withFreeLock(ingestLock(fingerprint), work, refuse(busy));
}

/** Frees what a cut-off ingest of these files stored; `Unsupported` while a tab is copying them. */
export async function discardIngest(opened: OpenedCheckpoint): Promise<void> {
  const fingerprint = await fingerprintOf(opened);
  const busy = `“${opened.name}” is being copied right now. Cancel the copy first.`;
  await withFreeLock(ingestLock(fingerprint), () => dropJournal(fingerprint), refuse(busy));
}

async function copyAll(
  opened: OpenedCheckpoint,
  fingerprint: string,
  {
    sliceBytes = defaultSliceBytes,
    chunkBytes = hashChunkBytes,
    signal,
    onProgress,
  }: IngestOptions,
): Promise<string> {
  if (sliceBytes % chunkBytes) throw new AppError('Bug', 'Slices must hold whole hash chunks.');
  const journal = await openJournal(fingerprint, { sliceBytes, chunkBytes });
  let doneBytes = 0;
  const note = (progress: IngestProgress) => {
    doneBytes = progress.doneBytes;
    onProgress?.(progress);
  };
  try {
    const slices = await copySlices(opened, journal, signal, note);
    throwIfCancelled(signal);
    return await addToLibrary(opened, journal, slices);
  } catch (thrown) {
    if (!isQuotaError(thrown)) throw thrown;
    await dropJournal(fingerprint);
    const outcome = `It needs ${formatBytes(totalBytes(opened))}; the copy stopped after ${formatBytes(doneBytes)} and is deleted again.`;
    throw quotaFull(`“${opened.name}”`, outcome, thrown);
  }
}

async function copySlices(
  opened: OpenedCheckpoint,
  { copy, chunkBytes }: IngestJournal,
  signal: AbortSignal,
  onProgress: (progress: IngestProgress) => void,
): Promise<StoredSlice[]> {
  const slices = await storedSlices(copy.id);
  const stored = new Set(slices.map(spanName));
  const missing = sliceSpans(opened.index.files, copy.sliceBytes).filter(
    (span) => !stored.has(spanName(span)),
  );
  const report = (file: number) =>
    onProgress({
      doneBytes: slices.reduce((sum, slice) => sum + slice.end - slice.start, 0),
      totalBytes: totalBytes(opened),
      file: fileName(opened, file),
    });
  const hash = async (span: SliceSpan): Promise<StoredSlice> => {
    const blob = opened.weightFiles[span.file]?.blob.slice(span.start, span.end) ?? new Blob();
    return { ...span, blob, digests: await digestChunks(blob, chunkBytes, signal) };
  };
  const store = async (slice: StoredSlice) => {
    await write({ put: [[sliceKey(copy.id, slice.file, slice.number), slice]] });
    slices.push(slice);
    report(slice.file);
  };

  report(0);
  let hashed: StoredSlice | undefined;
  for (const span of [...missing, undefined]) {
    const file = fileName(opened, span?.file ?? hashed?.file ?? 0);
    hashed = await naming(file, () => both(span && hash(span), hashed && store(hashed)));
  }
  return slices;
}

async function addToLibrary(
  opened: OpenedCheckpoint,
  { fingerprint, copy }: IngestJournal,
  slices: readonly StoredSlice[],
): Promise<string> {
  const sorted = slices.toSorted((a, b) => a.file - b.file || a.number - b.number);
  const id = await contentId(
    opened.index.files.map(({ name }, file) => ({
      name,
      digests: sorted.filter((slice) => slice.file === file).map((slice) => slice.digests),
    })),
  );
  return changeLibrary(async () => {
    if (await getCheckpoint(id)) {
      await write({ remove: [ingestKey(fingerprint), keysUnder('slice', copy.id)] });
      return id;
    }
    const taken = (await listCheckpoints()).map((each) => each.name);
    const { index, architecture, sideFiles } = opened;
    const name = uniqueName(opened.name, taken);
    const bytes = totalBytes(opened);
    const checkpoint: StoredCheckpoint = {
      ...{ id, name, index, architecture, bytes, sideFiles, copy },
      addedAt: Date.now(),
    };
    await naming('a side file', () =>
      write({ remove: [ingestKey(fingerprint)], put: [[checkpointKey(id), checkpoint]] }),
    );
    return id;
  });
}

function checkFiles({ name, index, weightFiles, sideFiles }: OpenedCheckpoint): void {
  if (weightFiles.length === 0 || weightFiles.length !== index.files.length)
    throw new AppError('Bug', `“${name}” came with ${weightFiles.length} weight files.`);
  for (const [file, { blob }] of weightFiles.entries()) {
    const { name = '', bytes = 0 } = index.files[file] ?? {};
    if (blob.size === 0) throw new AppError('BadFile', `“${name}” is empty. Pick another file.`);
    if (blob.size !== bytes)
      throw new AppError(
        'BadFile',
        `“${name}” has ${blob.size} bytes, but had ${bytes} when it was opened: it changed. Pick it again.`,
      );
  }
  const big = sideFiles.find(({ blob }) => blob.size > sideFileLimit);
  const total = sideFiles.reduce((sum, { blob }) => sum + blob.size, 0);
  if (big || total > sideFilesLimit)
    throw new AppError(
      'BadFile',
      big
        ? `“${big.path}” has ${formatBytes(big.blob.size)}; a file beside the weights may have ${formatBytes(sideFileLimit)}. Move it out of the folder.`
        : `The files beside the weights of “${name}” have ${formatBytes(total)}; at most ${formatBytes(sideFilesLimit)} are kept. Move some out of the folder.`,
    );
}

/** Waits for both; rejects, if one did, only when the other has settled as well. */
async function both<T>(first: T | Promise<T>, second: unknown): Promise<T> {
  const results = await Promise.allSettled([first, second]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return first;
}

/** Turns the failure of reading a picked file into a BadFile that names it. */
async function naming<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!isSourceError(thrown)) throw thrown;
    throw new AppError(
      'BadFile',
      `${file} was changed, moved or deleted while it was copied. Pick it again; if its bytes are as before, the copy goes on where it stopped.`,
      thrown,
    );
  }
}

const spanName = ({ file, number }: SliceSpan) => `${file}/${number}`;

const fileName = ({ index }: OpenedCheckpoint, file: number) => `“${index.files[file]?.name}”`;

const totalBytes = ({ index }: OpenedCheckpoint) =>
  index.files.reduce((sum, file) => sum + file.bytes, 0);
