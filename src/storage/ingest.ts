import { bug, isQuotaError, throwIfCancelled } from '../errors.ts';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import {
  changeLibrary,
  entriesOf,
  listCheckpoints,
  uniqueName,
  type StoredCheckpoint,
} from './checkpoints.ts';
import { hashChunkBytes } from './contentId.ts';
import { write } from './db.ts';
import { copyingLock } from './identify.ts';
import {
  dropJournal,
  fingerprintOf,
  ingestLock,
  openJournal,
  type IngestJournal,
} from './journal.ts';
import type { Key } from './keys.ts';
import { placeFile, type PlacedFile } from './placed.ts';
import { formatBytes, quotaFull, withRoom } from './quota.ts';
import {
  bytesOf,
  defaultSliceBytes,
  sliceSpans,
  spanName,
  storedSlices,
  type SliceSpan,
  type StoredSlice,
} from './slices.ts';
import { checkSources, namingSource } from './sources.ts';
import { refuse, withFreeLock, withLock } from './tabs.ts';

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
 * Copies a checkpoint into the library and returns its id there, which is no content id before `identify`; goes on where an earlier
 * ingest of the same files was cut off. Throws `BadFile` (a file is empty, or was changed meanwhile), `QuotaFull`,
 * `Cancelled`, `Unsupported` (another tab is at it).
 */
export async function ingest(opened: OpenedCheckpoint, options: IngestOptions): Promise<string> {
  checkSources(opened);
  const fingerprint = await namingSource(`“${opened.name}”`, () => fingerprintOf(opened));
  const busy = `“${opened.name}” is being copied into the library already, perhaps in another tab. Wait until that copy is done.`;
  const work = () => withLock(copyingLock, 'shared', () => copyAll(opened, fingerprint, options));
  return withFreeLock(ingestLock(fingerprint), work, refuse(busy));
}

/**
 * Takes a checkpoint into the library with its weight files where they lie, by a handle of each, and returns its id as `ingest` does.
 * Throws `BadFile`, `QuotaFull` for the files beside the weights.
 */
export async function ingestInPlace(
  opened: OpenedCheckpoint,
  handles: readonly FileSystemFileHandle[],
  sizes: Pick<IngestOptions, 'sliceBytes' | 'chunkBytes'> = {},
): Promise<string> {
  checkSources(opened);
  const placed = await Promise.all(
    opened.weightFiles.map((source, file) => {
      const handle = handles[file];
      if (!handle) throw bug(`“${source.path}” came without a handle.`);
      return placeFile(source, handle);
    }),
  );
  const copy = { id: crypto.randomUUID(), sliceBytes: sizes.sliceBytes ?? defaultSliceBytes };
  const stored = { copy, placed, hashing: { chunkBytes: sizes.chunkBytes ?? hashChunkBytes } };
  await withRoom(`“${opened.name}”`, 'Only the files beside its weights are copied.', () =>
    addToLibrary(opened, stored, []),
  );
  return copy.id;
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
  const { copy } = await openJournal(fingerprint, sliceBytes);
  let doneBytes = 0;
  const note: OnIngest = (done, total, file) => {
    doneBytes = done;
    onProgress?.(done, total, file);
  };
  try {
    await copySlices(opened, copy, signal, note);
    await addToLibrary(opened, { copy, hashing: { chunkBytes } }, [['ingest', fingerprint]]);
    return copy.id;
  } catch (thrown) {
    if (!isQuotaError(thrown)) throw thrown;
    await dropJournal(fingerprint);
    const outcome = `It needs ${formatBytes(totalBytes(opened))}; the copy stopped after ${formatBytes(doneBytes)} and is deleted again.`;
    throw quotaFull(`“${opened.name}”`, outcome, thrown);
  }
}

/** Stores slices of the files as they are: their bytes do not pass through script. */
async function copySlices(
  { index, weightFiles }: OpenedCheckpoint,
  copy: IngestJournal['copy'],
  signal: AbortSignal,
  onProgress: OnIngest,
): Promise<void> {
  const fileName = (file: number) => `“${index.files[file]?.name}”`;
  const spans = sliceSpans(index.files, copy.sliceBytes);
  const slices: SliceSpan[] = await storedSlices(copy.id);
  const stored = new Set(slices.map(spanName));
  const report = (file: number) => onProgress(bytesOf(slices), bytesOf(spans), fileName(file));
  report(0);
  for (const span of spans) {
    if (stored.has(spanName(span))) continue;
    throwIfCancelled(signal);
    const blob = weightFiles[span.file]?.blob.slice(span.start, span.end) ?? new Blob();
    const slice: StoredSlice = { ...span, blob };
    await namingSource(fileName(span.file), async () => {
      await write({ put: [[['slice', copy.id, span.file, span.number], slice]] });
      // In a private window Chromium stores a reference to the file, that of a changed one too: reading tells.
      await blob.slice(0, 1).arrayBuffer();
    });
    slices.push(span);
    report(span.file);
  }
  throwIfCancelled(signal);
}

/** Lists a checkpoint whose weights are there, in one transaction with the end of what kept them. */
async function addToLibrary(
  opened: OpenedCheckpoint,
  stored: Pick<StoredCheckpoint, 'copy' | 'hashing'> & { placed?: readonly PlacedFile[] },
  remove: readonly Key[],
): Promise<void> {
  const { formerName, index, architecture, parts, sideFiles } = opened;
  const { patch, adapter, part, ties } = opened;
  await changeLibrary(async () => {
    const taken = (await listCheckpoints()).map((each) => each.name);
    const checkpoint: StoredCheckpoint = {
      ...stored,
      id: stored.copy.id,
      name: uniqueName(opened.name, taken),
      ...(formerName !== undefined && { formerNames: [formerName] }),
      index,
      architecture,
      ...(parts && { parts }),
      bytes: totalBytes(opened),
      sideFiles,
      ...(patch && { patch }),
      ...(adapter && { adapter }),
      ...(part !== undefined && { part }),
      ...(ties && { ties }),
      addedAt: Date.now(),
    };
    await namingSource('a side file', () => write({ remove, put: entriesOf(checkpoint) }));
  });
}

const totalBytes = ({ index }: OpenedCheckpoint) =>
  index.files.reduce((sum, file) => sum + file.bytes, 0);
