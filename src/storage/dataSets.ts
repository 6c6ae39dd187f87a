import { badFile, incompatible } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { changeLibrary } from './checkpoints.ts';
import { digestChunks, hashChunkBytes, sha256, toHex } from './contentId.ts';
import { read, readAll, write } from './db.ts';
import { keysUnder } from './keys.ts';
import { keysOfAllMadeWith } from './madeWith.ts';
import { formatBytes, withRoom } from './quota.ts';
import { namingSource } from './sources.ts';

export type DataKind = 'table' | 'text' | 'images' | 'head';

/** Data of the library: all its files end to end in one Blob. */
export interface StoredData {
  /** Path by which recipes name it, unique. */
  name: string;
  /** SHA-256, hex, over the paths and SHA-256s of its files. */
  id: string;
  kind: DataKind;
  files: readonly { path: string; start: number; end: number }[];
  blob: Blob;
  /** Milliseconds since 1970. */
  addedAt: number;
}

/** Most bytes of one data set. */
export const maxDataBytes = 64e9;

/** Stores files as data of this name, in place of what had it; throws BadFile, QuotaFull. */
export async function addData(
  name: string,
  kind: DataKind,
  sources: readonly SourceFile[],
): Promise<StoredData> {
  const bytes = sources.reduce((sum, { blob }) => sum + blob.size, 0);
  checkSize(name, bytes);
  const data = await namingSource(`“${name}”`, () => describe(name, kind, sources));
  const put = () => namingSource(`“${name}”`, () => write({ put: [[['data', name], data]] }));
  await changeLibrary(() => withRoom(`“${name}”`, `It needs ${formatBytes(bytes)}.`, put));
  return data;
}

/** All data, by name. */
export function listData(): Promise<StoredData[]> {
  return readAll<StoredData>(keysUnder('data'));
}

/** Whether the library has, by this name, data of one file with this content id. */
export async function hasData(name: string, kind: DataKind, fileId: string): Promise<boolean> {
  const data = await read<StoredData>(['data', name]);
  return data?.files.length === 1 && data.id === (await idOf(kind, `${fileId}\n`));
}

/** The data of this name; throws Incompatible when the library has none. */
export async function requireData(name: string): Promise<StoredData> {
  const data = await read<StoredData>(['data', name]);
  if (data) return data;
  throw incompatible(
    `The library has no data named “${name}”. Add its file, or change the path in the recipe.`,
  );
}

/** Gives data by their name; throws Incompatible. */
export type FindData = (name: string) => Promise<StoredData>;

/**
 * Finds the data of the library, each once: what is stored under its name later is not seen. Throws Incompatible where the
 * library has none of a name, or others than the content ids given here.
 */
export function dataFinder(ids: ReadonlyMap<string, string> = new Map()): FindData {
  const found = new Map<string, Promise<StoredData>>();
  const find = async (name: string) => {
    const data = await requireData(name);
    if (data.id === (ids.get(name) ?? data.id)) return data;
    throw incompatible(
      `The data named “${name}” were replaced since this merge. Add those it was made with again, or merge anew.`,
    );
  };
  return (name) => {
    const data = found.get(name) ?? find(name);
    found.set(name, data);
    return data;
  };
}

/** Deletes data, and what was measured with them unless equal ones have another name. */
export async function deleteData(name: string): Promise<void> {
  await changeLibrary(async () => {
    const all = await listData();
    const id = all.find((each) => each.name === name)?.id;
    const last = id !== undefined && !all.some((each) => each.id === id && each.name !== name);
    await write({ remove: [['data', name], ...(last ? await keysOfAllMadeWith(id) : [])] });
  });
}

/** The files of data, read only when they are asked for. */
export function filesOf({ files, blob }: StoredData): SourceFile[] {
  return files.map(({ path, start, end }) => ({ path, blob: blob.slice(start, end) }));
}

function checkSize(name: string, bytes: number): void {
  if (bytes === 0) throw badFile(`“${name}” is empty. Pick another file.`);
  if (bytes <= maxDataBytes) return;
  const [size, most] = [formatBytes(bytes), formatBytes(maxDataBytes)];
  throw badFile(`“${name}” has ${size}; data may have ${most}. Take fewer examples.`);
}

async function describe(
  name: string,
  kind: DataKind,
  sources: readonly SourceFile[],
): Promise<StoredData> {
  const sorted = sources.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const lines: string[] = [];
  let start = 0;
  const files: { path: string; start: number; end: number }[] = [];
  for (const { path, blob } of sorted) {
    const digests = await digestChunks(blob, hashChunkBytes, new AbortController().signal);
    lines.push(`${JSON.stringify(path)} ${toHex(await sha256(digests))}\n`);
    files.push({ path, start, end: start + blob.size });
    start += blob.size;
  }
  const [first] = sorted;
  // The name of a lone file is not part of what it holds.
  const facts = sorted.length === 1 ? (lines[0]?.split(' ').at(-1) ?? '') : lines.join('');
  const id = await idOf(kind, facts);
  const blob =
    first && sorted.length === 1 ? first.blob : new Blob(sorted.map((each) => each.blob));
  return { name, id, kind, files, blob, addedAt: Date.now() };
}

async function idOf(kind: DataKind, facts: string): Promise<string> {
  return toHex(await sha256(new TextEncoder().encode(`${kind} ${facts}`)));
}
