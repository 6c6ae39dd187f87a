import { AppError, badFile } from '../../errors.ts';
import { gather, type OpenArchive } from './archive.ts';

/** What gzip packed; browsers may unpack a file on its way and keep its name. */
export async function gunzip(blob: Blob): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const isPacked = first === 0x1f && second === 0x8b;
  return isPacked ? blob.stream().pipeThrough(new DecompressionStream('gzip')) : blob.stream();
}

/** The one file that gzip packed, by the archive's name without .gz. */
export const openGzip: OpenArchive = async function* ({ path, blob }, room) {
  try {
    yield { path: path.replace(/\.gz$/i, ''), blob: await gather(await gunzip(blob), room) };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw badFile(
      `${path} is no gzip file that can be read to its end. Download it again, or unpack it first.`,
      error,
    );
  }
};
