import { AppError, throwIfCancelled } from '../errors.ts';
import {
  changeLibrary,
  copyLock,
  entriesOf,
  getBase,
  getCheckpoint,
  listCheckpoints,
  requireCheckpoint,
  type StoredCheckpoint,
} from './checkpoints.ts';
import { contentId, digestChunks } from './contentId.ts';
import { listKeys, readAll, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';
import { createFileReader, damaged } from './reader.ts';
import { bytesOf, sliceSpans, spanName } from './slices.ts';
import { withLock } from './tabs.ts';

type OnHashed = (doneBytes: number, totalBytes: number) => void;
type DigestsKey = Extract<Key, ['digests', ...unknown[]]>;

/** Name of the lock that a tab holds while it hashes a slice, or finds out that two copies are equal. */
export const hashLock = 'hash';

/** Name of the lock that tabs share while they copy: hashing that nobody waits for makes way. */
export const copyingLock = 'copying';

/**
 * Waits until the content id of a checkpoint is known, and hashes what is left to hash of it, in turns with whoever else does.
 * Where the library has the same weights already, that checkpoint is the one from now on. Throws `BadFile`, `Cancelled`,
 * `Incompatible` (it was deleted, or its files in place may not be read).
 */
export async function identify(
  id: string,
  signal: AbortSignal,
  onHashed?: OnHashed,
): Promise<StoredCheckpoint> {
  for (;;) {
    throwIfCancelled(signal);
    const checkpoint = await requireCheckpoint(id);
    if (!checkpoint.hashing) return checkpoint;
    await withLock(hashLock, 'exclusive', () => hashSlice(id, signal, onHashed));
  }
}

/** Goes on with all content ids that are not known yet; what cannot be read says so when it is used. */
export async function identifyAll(signal: AbortSignal): Promise<void> {
  for (const { id, hashing } of await listCheckpoints())
    if (hashing)
      await identify(id, signal).catch((thrown: unknown) => {
        if (!(thrown instanceof AppError)) throw thrown;
      });
}

/** The same once no tab copies, slice by slice. */
export async function identifyInPauses(): Promise<void> {
  const { signal } = new AbortController();
  const broken = new Set<string>();
  for (;;) {
    const next = (await listCheckpoints()).find((each) => each.hashing && !broken.has(each.id));
    if (!next) return;
    await withLock(copyingLock, 'exclusive', async () => undefined);
    await withLock(hashLock, 'exclusive', () => hashSlice(next.id, signal)).catch(() =>
      broken.add(next.id),
    );
  }
}

/** Hashes the next slice of a checkpoint, or gives it its content id when all are hashed. */
async function hashSlice(id: string, signal: AbortSignal, onHashed?: OnHashed): Promise<void> {
  const checkpoint = await requireCheckpoint(id);
  const { copy, index, hashing, bytes } = checkpoint;
  if (!hashing) return;
  const keys = await listKeys<DigestsKey>(keysUnder('digests', copy.id));
  const hashed = new Set(keys.map(([, , file, number]) => spanName({ file, number })));
  const left = sliceSpans(index.files, copy.sliceBytes).filter(
    (span) => !hashed.has(spanName(span)),
  );
  onHashed?.(bytes - bytesOf(left), bytes);
  const [span] = left;
  if (!span) return giveId(checkpoint);
  try {
    const blob = await createFileReader(checkpoint).rangeBlob(span.file, span.start, span.end);
    const digests = await digestChunks(blob, hashing.chunkBytes, signal);
    await write({ put: [[['digests', copy.id, span.file, span.number], digests]] });
  } catch (thrown) {
    // It may have been deleted while it was read.
    await requireCheckpoint(id);
    if (thrown instanceof AppError) throw thrown;
    const where = `${index.files[span.file]?.name}, bytes ${span.start} to ${span.end}`;
    throw damaged(checkpoint, `${where}, could not be read`, thrown);
  }
}

async function giveId({ id: copyId, copy, index, part }: StoredCheckpoint): Promise<void> {
  const digests = index.files.map((_, file) =>
    readAll<Uint8Array<ArrayBuffer>>(keysUnder('digests', copy.id, file)),
  );
  const byFile = await Promise.all(digests);
  const id = await contentId(
    index.files.map(({ name }, file) => ({ name, digests: byFile[file] ?? [] })),
    part,
  );
  const dropped = await changeLibrary(async () => {
    const { hashing, ...rest } = await requireCheckpoint(copyId);
    const own = { ...rest, ...(hashing && !rest.placed && { hashed: hashing }) };
    const twin = await getCheckpoint(id);
    const formerIds = [...(twin?.formerIds ?? []), copyId];
    const known = twin && {
      ...newestOf(own, twin),
      ...{ name: twin.name, addedAt: twin.addedAt },
      formerNames: [...(twin.formerNames ?? []), own.name, ...(own.formerNames ?? [])],
    };
    const stored = known ?? own;
    const base: [Key, string][] = (await getBase()) === copyId ? [[['base'], id]] : [];
    const copies = [own, ...(twin ? [twin] : [])].map((each) => each.copy.id);
    const unneeded = copies.filter((copy) => copy !== stored.copy.id);
    const unchecked = stored.placed ? copies : unneeded;
    await write({
      remove: [
        ['checkpoint', copyId],
        ...copies.map((copy): Key => ['index', copy]),
        ...unchecked.map((copy) => keysUnder('digests', copy)),
      ],
      put: [...entriesOf({ ...stored, id, formerIds }), ...base],
    });
    return unneeded;
  });
  // Who reads the copy that is not needed any more ends first; were this cut off, a sweep would do it.
  for (const copy of dropped)
    void withLock(copyLock(copy), 'exclusive', () => write({ remove: [keysUnder('slice', copy)] }));
}

/** Of two that are equal, the one with the copy that was read just now: the other may be damaged, or its file in place gone. */
function newestOf(own: StoredCheckpoint, twin: StoredCheckpoint): StoredCheckpoint {
  if (twin.placed) return own;
  if (own.placed) return twin;
  const { copy, index, hashed } = own;
  return { ...twin, copy, index, ...(hashed && { hashed }) };
}
