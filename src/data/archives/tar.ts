import { createTarDecoder } from 'modern-tar';
import { AppError, badFile } from '../../errors.ts';
import { gather, isHidden, type OpenArchive, pathInside, type Room } from './archive.ts';
import { gunzip } from './gzip.ts';
import type { SourceFile } from '../../formats/source.ts';

/** Files of a tar. */
export const openTar: OpenArchive = ({ path, blob }, room) =>
  filesIn(path, async () => blob.stream(), room);

/** Files of a tar packed by gzip. */
export const openTarGz: OpenArchive = ({ path, blob }, room) =>
  filesIn(path, () => gunzip(blob), room);

/** Links and devices are left out. */
async function* filesIn(
  path: string,
  open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
  room: Room,
): AsyncGenerator<SourceFile> {
  const fail = (error: unknown) =>
    error instanceof AppError
      ? error
      : badFile(
          `${path} is no tar archive that can be read to its end (${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}). Download it again, or drop the folder itself.`,
          error,
        );
  try {
    const entries = (await open()).pipeThrough(createTarDecoder({ strict: true })).getReader();
    for (;;) {
      const { done, value } = await entries.read();
      if (done) return;
      const { header, body } = value;
      const isFile = (header.type ?? 'file') === 'file' && !header.name.endsWith('/');
      const inside = pathInside(path, header.name);
      room.take(0, 1);
      if (isFile && !isHidden(inside)) yield { path: inside, blob: await gather(body, room) };
      else await body.cancel();
    }
  } catch (error) {
    throw fail(error);
  }
}
