import { badFile } from '../errors.ts';
import type { SourceFile } from './source.ts';

/** Reads bytes [start, end) of a file, fewer at its end; throws BadFile when the file changed or went away. */
export async function readSlice(
  { path, blob }: SourceFile,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.slice(start, end).arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error ? error.name : String(error);
    const message = `${path} cannot be read (${cause}): it was changed, moved or locked meanwhile. Choose the file again.`;
    throw badFile(message, error);
  }
}
