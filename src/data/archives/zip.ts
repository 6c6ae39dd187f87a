import { BlobReader, configure, ZipReader } from '@zip.js/zip.js';
import type { FileEntry } from '@zip.js/zip.js';
import { badFile } from '../../errors.ts';
import type { SourceFile } from '../../formats/source.ts';
import { isHidden, type OpenArchive, pathInside } from './archive.ts';

/** A file in a zip, unpacked when it is opened; `size` is what the zip says. */
export interface ZipItem {
  path: string;
  size: number;
  open(): Promise<Blob>;
}

/** What a zip lists, without unpacking it; throws BadFile. */
export async function listZip({ path, blob }: SourceFile): Promise<ZipItem[]> {
  configure({ useWebWorkers: false });
  try {
    const entries = await new ZipReader(new BlobReader(blob)).getEntries();
    return entries.flatMap((entry) => (entry.directory ? [] : [zipItem(path, entry)]));
  } catch (error) {
    throw badFile(
      `${path} is no zip file that can be read. Pack it again, or drop the folder itself.`,
      error,
    );
  }
}

const zipItem = (zip: string, entry: FileEntry): ZipItem => ({
  path: entry.filename.replaceAll('\\', '/'),
  size: entry.uncompressedSize,
  open: async () => {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let left = entry.uncompressedSize;
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      write(part) {
        if ((left -= part.length) < 0) throw new RangeError('It is larger than it says.');
        parts.push(part);
      },
    });
    try {
      await entry.getData(sink);
      return new Blob(parts);
    } catch (error) {
      const how = entry.encrypted ? 'is encrypted' : 'cannot be unpacked';
      throw badFile(`${entry.filename} in ${zip} ${how}. Pack it again without a password.`, error);
    }
  },
});

/** Files of a zip, each unpacked. */
export const openZip: OpenArchive = async function* (archive, room) {
  for (const { path, size, open } of await listZip(archive)) {
    const inside = pathInside(archive.path, path);
    if (isHidden(inside)) continue;
    room.take(size, 1);
    yield { path: inside, blob: await open() };
  }
};
