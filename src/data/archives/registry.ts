import type { SourceFile } from '../../formats/source.ts';
import { type OpenArchive, Room } from './archive.ts';
import { openGzip } from './gzip.ts';
import { openMatlab } from './matlab.ts';
import { openTar, openTarGz } from './tar.ts';
import { openZip } from './zip.ts';

/** Archives by the ending of their names, the first that fits. */
const archives: readonly (readonly [RegExp, OpenArchive])[] = [
  [/\.(?:tar\.gz|tgz)$/i, openTarGz],
  [/\.tar$/i, openTar],
  [/\.zip$/i, openZip],
  [/\.gz$/i, openGzip],
  [/\.mat$/i, openMatlab],
];

const archiveOf = (path: string) => archives.find(([ending]) => ending.test(path))?.[1];

/** Whether a file is unpacked before it is stored, by its name. */
export const isArchive = (path: string) => archiveOf(path) !== undefined;

/** The name of an archive without its endings. */
export const stemOf = (path: string) => path.replace(/(?:\.tar)?\.[a-z0-9]+$/i, '');

/**
 * Files with archives in place of which stand what they hold, and what archives in these hold, below the archive's name
 * where there are others beside it; throws BadFile.
 */
export async function unpack(files: readonly SourceFile[]): Promise<SourceFile[]> {
  const unpacked: SourceFile[] = [];
  for (const file of files)
    for await (const each of filesOf(file, Room.of(file.path, file.blob.size), 2))
      unpacked.push(files.length > 1 && isFolder(file) ? below(file, each) : each);
  return unpacked;
}

async function* filesOf(file: SourceFile, room: Room, depth: number): AsyncGenerator<SourceFile> {
  const open = depth > 0 ? archiveOf(file.path) : undefined;
  if (!open) return yield file;
  for await (const each of open(file, room))
    for await (const inner of filesOf(each, room, depth - 1))
      yield inner === each || !isFolder(each) ? inner : below(each, inner);
}

/** Whether an archive holds files with paths of their own. */
const isFolder = ({ path }: SourceFile) => /\.(?:tar|tar\.gz|tgz|zip)$/i.test(path);

const below = ({ path }: SourceFile, inner: SourceFile): SourceFile => ({
  path: `${stemOf(path)}/${inner.path}`,
  blob: inner.blob,
});
