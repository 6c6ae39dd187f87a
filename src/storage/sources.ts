import { badFile, bug } from '../errors.ts';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { formatBytes } from './quota.ts';

const sideFileLimit = 64e6;
const sideFilesLimit = 256e6;

/** Throws `BadFile` when a weight file is empty or changed since it was opened, or a side file is too big. */
export function checkSources({ name, index, weightFiles, sideFiles }: OpenedCheckpoint): void {
  if (weightFiles.length === 0 || weightFiles.length !== index.files.length)
    throw bug(`“${name}” came with ${weightFiles.length} weight files.`);
  for (const [file, { blob }] of weightFiles.entries()) {
    const { name = '', bytes = 0 } = index.files[file] ?? {};
    if (blob.size === 0) throw badFile(`“${name}” is empty. Pick another file.`);
    if (blob.size !== bytes)
      throw badFile(
        `“${name}” has ${blob.size} bytes, but had ${bytes} when it was opened: it changed. Pick it again.`,
      );
  }
  const big = sideFiles.find(({ blob }) => blob.size > sideFileLimit);
  const total = sideFiles.reduce((sum, { blob }) => sum + blob.size, 0);
  if (big || total > sideFilesLimit)
    throw badFile(
      big
        ? `“${big.path}” has ${formatBytes(big.blob.size)}; a file beside the weights may have ${formatBytes(sideFileLimit)}. Move it out of the folder.`
        : `The files beside the weights of “${name}” have ${formatBytes(total)}; at most ${formatBytes(sideFilesLimit)} are kept. Move some out of the folder.`,
    );
}

/** Turns the failure of reading a picked file into a BadFile that names it. */
export async function namingSource<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!isSourceError(thrown)) throw thrown;
    throw badFile(
      `${file} was changed, moved or deleted while it was copied. Pick it again; if its bytes are as before, the copy goes on where it stopped.`,
      thrown,
    );
  }
}

/** Whether a blob could not be read because its file was changed, moved or deleted since it was picked. */
function isSourceError(thrown: unknown): boolean {
  return (
    thrown instanceof DOMException &&
    ['DataError', 'NotReadableError', 'NotFoundError'].includes(thrown.name)
  );
}
