import { faultsOf, unsupported, type Fail } from '../../errors.ts';
import { readSlice } from '../readSlice.ts';
import type { SourceFile } from '../source.ts';

/** A file of a zip as the directory tells of it; `locateEntry` finds its bytes. */
export interface ZipEntry {
  name: string;
  /** 0 when stored as it is, 8 when deflated. */
  method: number;
  /** Unpacked. */
  bytes: number;
  packedBytes: number;
  /** Where its local header begins. */
  headerAt: number;
  encrypted: boolean;
}

export interface ZipDirectory {
  source: SourceFile;
  entries: ReadonlyMap<string, ZipEntry>;
  /** Where the directory begins, and the files of the zip end. */
  start: number;
}

/** Bytes of a directory that are read at most: room for half a million files. */
export const maxDirectoryBytes = 64 * 2 ** 20;

const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const headerBytes = 46;
const localBytes = 30;
const mostCommentBytes = 65_535;

const faultsOfZip = ({ path }: SourceFile) =>
  faultsOf(`${path}: the zip`, 'Download the file again, or save it again with PyTorch.');

/** Reads the directory at the end of a zip, zip64 too. Throws BadFile. */
export async function readZipDirectory(source: SourceFile): Promise<ZipDirectory> {
  const fail = faultsOfZip(source);
  const { at, bytes, count } = await findDirectory(source, fail);
  if (bytes > maxDirectoryBytes)
    throw fail(`states a directory of ${bytes} bytes, over the cap of ${maxDirectoryBytes}`);
  const view = viewOf(await readSlice(source, at, at + bytes));
  const entries = new Map<string, ZipEntry>();
  let reached = 0;
  while (reached < view.byteLength) {
    const { entry, end } = readEntry(view, reached, at, fail);
    if (entries.has(entry.name))
      throw fail(`names ${JSON.stringify(entry.name)} twice, at byte ${at + reached}`);
    entries.set(entry.name, entry);
    reached = end;
  }
  if (entries.size !== count) throw fail(`holds ${entries.size} files and states ${count}`);
  return { source, entries, start: at };
}

/** Bytes [start, end) of a stored file of the zip. Throws BadFile when it lies wrong, Unsupported when it is packed. */
export async function locateEntry(
  { source, start: filesEnd }: ZipDirectory,
  entry: ZipEntry,
): Promise<{ start: number; end: number }> {
  const { name, headerAt, bytes, packedBytes, method } = entry;
  const fail = faultsOfZip(source);
  const told = JSON.stringify(name);
  if (method !== 0 || entry.encrypted) {
    const how = entry.encrypted ? 'encrypted' : `packed by method ${method}`;
    const message = `${source.path}: the zip holds ${told} ${how}, ${packedBytes} bytes for ${bytes}. PyTorch stores files as they are; load it and save it again with torch.save.`;
    throw unsupported(message);
  }
  if (packedBytes !== bytes)
    throw fail(`states ${packedBytes} stored bytes for the ${bytes} of ${told}`);
  const nameBytes = new TextEncoder().encode(name).length;
  const local = await readSlice(source, headerAt, headerAt + localBytes + nameBytes);
  const view = viewOf(local);
  if (local.length < localBytes + nameBytes || view.getUint32(0, true) !== 0x04034b50)
    throw fail(`has no header of ${told} at byte ${headerAt}`);
  const localName = new TextDecoder().decode(local.subarray(localBytes));
  if (view.getUint16(26, true) !== nameBytes || localName !== name)
    throw fail(`has the header of another file than ${told} at byte ${headerAt}`);
  const start = headerAt + localBytes + nameBytes + view.getUint16(28, true);
  const end = start + bytes;
  if (end > filesEnd)
    throw fail(
      `puts ${told} at bytes ${start} to ${end}, past the end of its files at byte ${filesEnd}`,
    );
  return { start, end };
}

/** Where the directory lies, by what the end of the zip states, and how many files it states. */
async function findDirectory(source: SourceFile, fail: Fail) {
  const { blob } = source;
  const tailAt = Math.max(0, blob.size - endBytes - mostCommentBytes - locatorBytes);
  const tail = viewOf(await readSlice(source, tailAt, blob.size));
  let end = tail.byteLength - endBytes;
  const isEnd = (at: number) =>
    tail.getUint32(at, true) === 0x06054b50 &&
    at + endBytes + tail.getUint16(at + 20, true) === tail.byteLength;
  while (end >= 0 && !isEnd(end)) end--;
  if (end < 0)
    throw fail(
      `has no directory at its end, byte ${blob.size}: it is cut off, or has been added to`,
    );
  const locator = end - locatorBytes;
  const is64 = locator >= 0 && tail.getUint32(locator, true) === 0x07064b50;
  const found = is64
    ? await readEnd64(source, u64(tail, locator + 8, fail), tailAt + locator, fail)
    : {
        at: tail.getUint32(end + 16, true),
        bytes: tail.getUint32(end + 12, true),
        count: tail.getUint16(end + 10, true),
        endAt: tailAt + end,
      };
  if (found.at + found.bytes !== found.endAt)
    throw fail(
      `states its directory at bytes ${found.at} to ${found.at + found.bytes}, and it must end at byte ${found.endAt}`,
    );
  return found;
}

async function readEnd64(source: SourceFile, at: number, before: number, fail: Fail) {
  if (at + end64Bytes > before)
    throw fail(`puts the end of its zip64 directory at byte ${at}, past byte ${before}`);
  const view = viewOf(await readSlice(source, at, at + end64Bytes));
  if (view.byteLength < end64Bytes || view.getUint32(0, true) !== 0x06064b50)
    throw fail(`has no end of a zip64 directory at byte ${at}`);
  return {
    at: u64(view, 48, fail),
    bytes: u64(view, 40, fail),
    count: u64(view, 32, fail),
    endAt: at,
  };
}

function readEntry(view: DataView<ArrayBuffer>, at: number, base: number, fail: Fail) {
  const cut = () => fail(`has a directory that breaks off in the entry at byte ${base + at}`);
  if (at + headerBytes > view.byteLength) throw cut();
  if (view.getUint32(at, true) !== 0x02014b50)
    throw fail(`has no entry of its directory at byte ${base + at}`);
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const extraAt = at + headerBytes + nameBytes;
  const end = extraAt + extraBytes + view.getUint16(at + 32, true);
  if (end > view.byteLength) throw cut();
  const name = new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + at + headerBytes, nameBytes),
  );
  const wide = wideFields(view, extraAt, extraAt + extraBytes);
  const field = (offset: number): number => {
    const value = view.getUint32(at + offset, true);
    if (value !== 0xffffffff) return value;
    const next = wide();
    return next === null ? value : u64(view, next, fail);
  };
  const entry: ZipEntry = {
    name,
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    bytes: field(24),
    packedBytes: field(20),
    headerAt: field(42),
  };
  return { entry, end };
}

/** Places of the 8-byte numbers of an entry's zip64 field, one after the other; null when there are no more. */
function wideFields(view: DataView, from: number, to: number): () => number | null {
  let at = from;
  while (at + 4 <= to && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  if (at + 4 > to) return () => null;
  const end = Math.min(to, at + 4 + view.getUint16(at + 2, true));
  at += 4;
  return () => {
    if (at + 8 > end) return null;
    at += 8;
    return at - 8;
  };
}

function u64(view: DataView, at: number, fail: Fail): number {
  const value = view.getBigUint64(at, true);
  if (value > Number.MAX_SAFE_INTEGER) throw fail(`states ${value} bytes in its directory`);
  return Number(value);
}

const viewOf = (bytes: Uint8Array<ArrayBuffer>) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
