import { bug, throwIfCancelled } from '../errors.ts';
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
import { keysUnder } from './keys.ts';
import { formatBytes, isQuotaError, quotaFull } from './quota.ts';
import {
  defaultSliceBytes,
  bytesOf,
  sliceSpans,
  storedSlices,
  type SliceSpan,
  type StoredSlice,
} from './slices.ts';
import { checkSources, namingSource } from './sources.ts';
import { refuse, withFreeLock } from './tabs.ts';

/** Told with the name of the weight file at work. */
type OnIngest = (doneBytes: number, totalBytes: number, file: string) => void;

export interface IngestOptions {
  signal: AbortSignal;
  onProgress?: OnIngest;
  /** A multiple of `chunkBytes`; an ingest that goes on keeps the size it began with. */
  sliceBytes?: number;
  /** Part of the content id's definition: for tests alone. */
  chunkBytes?: number;
}

/**
 * Copies a checkpoint into the library and returns its content id; goes on where an earlier ingest of the
 * same files was cut off, and keeps what the library has when it holds the same weights already.
 * Throws `BadFile` (a file is empty, or was changed meanwhile), `QuotaFull`, `Cancelled`, `Unsupported` (another tab is at it).
 */
export async function ingest(opened: OpenedCheckpoint, options: IngestOptions): Promise<string> {
  checkSources(opened);
  const fingerprint = await namingSource(`“${opened.name}”`, () => fingerprintOf(opened));
  const busy = `“${opened.name}” is being copied into the library already, perhaps in another tab. Wait until that copy is done.`;
  const work = () => copyAll(opened, fingerprint, options);
  return withFreeLock(ingestLock(fingerprint), work, refuse(busy));
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
  if (sliceBytes % chunkBytes) throw bug('Slices must hold whole hash chunks.');
  const journal = await openJournal(fingerprint, { sliceBytes, chunkBytes });
  let doneBytes = 0;
  const note: OnIngest = (done, total, file) => {
    doneBytes = done;
    onProgress?.(done, total, file);
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
  onProgress: OnIngest,
): Promise<StoredSlice[]> {
  const slices = await storedSlices(copy.id);
  const stored = new Set(slices.map(spanName));
  const missing = sliceSpans(opened.index.files, copy.sliceBytes).filter(
    (span) => !stored.has(spanName(span)),
  );
  const report = (file: number) =>
    onProgress(bytesOf(slices), totalBytes(opened), fileName(opened, file));
  const hash = async (span: SliceSpan): Promise<StoredSlice> => {
    const blob = opened.weightFiles[span.file]?.blob.slice(span.start, span.end) ?? new Blob();
    return { ...span, blob, digests: await digestChunks(blob, chunkBytes, signal) };
  };
  const store = async (slice: StoredSlice) => {
    await write({ put: [[['slice', copy.id, slice.file, slice.number], slice]] });
    slices.push(slice);
    report(slice.file);
  };

  report(0);
  let hashed: StoredSlice | undefined;
  for (const span of [...missing, undefined]) {
    const file = fileName(opened, span?.file ?? hashed?.file ?? 0);
    hashed = await namingSource(file, () => both(span && hash(span), hashed && store(hashed)));
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
      await write({ remove: [['ingest', fingerprint], keysUnder('slice', copy.id)] });
      return id;
    }
    const taken = (await listCheckpoints()).map((each) => each.name);
    const { index, architecture, sideFiles, patch } = opened;
    const name = uniqueName(opened.name, taken);
    const bytes = totalBytes(opened);
    const checkpoint: StoredCheckpoint = {
      id,
      name,
      index,
      architecture,
      bytes,
      sideFiles,
      copy,
      ...(patch && { patch }),
      addedAt: Date.now(),
    };
    await namingSource('a side file', () =>
      write({ remove: [['ingest', fingerprint]], put: [[['checkpoint', id], checkpoint]] }),
    );
    return id;
  });
}

/** Waits for both; rejects, if one did, only when the other has settled as well. */
async function both<T>(first: T | Promise<T>, second: unknown): Promise<T> {
  const results = await Promise.allSettled([first, second]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return first;
}

const spanName = ({ file, number }: SliceSpan) => `${file}/${number}`;

const fileName = ({ index }: OpenedCheckpoint, file: number) => `“${index.files[file]?.name}”`;

const totalBytes = ({ index }: OpenedCheckpoint) =>
  index.files.reduce((sum, file) => sum + file.bytes, 0);
