import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { sha256, toHex } from './contentId.ts';
import { read, readAll, write } from './db.ts';
import { keysUnder } from './keys.ts';
import { bytesOf, storedSlices, type StoredCopy } from './slices.ts';
import { announceLibraryChange, heldLocks, withFreeLock } from './tabs.ts';

/** A copy under way or cut off: what a resumed ingest goes on from, and what keeps its slices alive. */
export interface IngestJournal {
  fingerprint: string;
  copy: StoredCopy;
  /** Milliseconds since 1970 of the last start or resumption. */
  touchedAt: number;
}

/** Name of the lock that the tab copying these files holds. */
export const ingestLock = (fingerprint: string) => `ingest-${fingerprint}`;

const headBytes = 64 * 2 ** 10;

/** SHA-256, hex, over name, size, time of last change and first 64 KiB of each weight file, and the part of them. */
export async function fingerprintOf(opened: OpenedCheckpoint): Promise<string> {
  const facts = opened.weightFiles.map(async ({ blob }, file) => [
    opened.index.files[file]?.name,
    blob.size,
    blob instanceof File ? blob.lastModified : 0,
    toHex(await sha256(await blob.slice(0, headBytes).arrayBuffer())),
  ]);
  const { part } = opened;
  const text = JSON.stringify([
    ...(await Promise.all(facts)),
    ...(part === undefined ? [] : [part]),
  ]);
  return toHex(await sha256(new TextEncoder().encode(text)));
}

/** The journal of this checkpoint's copy, begun when there is none to go on from. */
export async function openJournal(fingerprint: string, sliceBytes: number): Promise<IngestJournal> {
  const found = await read<IngestJournal>(['ingest', fingerprint]);
  const copy = found?.copy ?? { id: crypto.randomUUID(), sliceBytes };
  const journal: IngestJournal = { fingerprint, copy, touchedAt: Date.now() };
  await write({ put: [[['ingest', fingerprint], journal]] });
  return journal;
}

/** Bytes that a cut-off ingest of these files stored already; 0 when there was none. */
export async function resumableBytes(opened: OpenedCheckpoint): Promise<number> {
  const journal = await read<IngestJournal>(['ingest', await fingerprintOf(opened)]);
  return journal ? bytesOf(await storedSlices(journal.copy.id)) : 0;
}

/** Bytes that copies stored which were cut off; those that a tab is at are none. */
export async function cutOffBytes(): Promise<number> {
  const sizes = (await cutOff()).map(async ({ copy }) => bytesOf(await storedSlices(copy.id)));
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

/** Deletes what copies stored which were cut off. */
export async function freeCutOff(): Promise<void> {
  for (const { fingerprint } of await cutOff())
    await withFreeLock(
      ingestLock(fingerprint),
      () => dropJournal(fingerprint),
      () => undefined,
    );
  announceLibraryChange();
}

async function cutOff(): Promise<IngestJournal[]> {
  const held = new Set(await heldLocks(ingestLock('')));
  const journals = await readAll<IngestJournal>(keysUnder('ingest'));
  return journals.filter(({ fingerprint }) => !held.has(fingerprint));
}

/** Removes the journal of a copy with the slices it keeps. */
export async function dropJournal(fingerprint: string): Promise<void> {
  const journal = await read<IngestJournal>(['ingest', fingerprint]);
  if (journal)
    await write({ remove: [['ingest', fingerprint], keysUnder('slice', journal.copy.id)] });
}
