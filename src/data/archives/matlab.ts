import { AppError } from '../../errors.ts';
import { readElements, typeCompressed } from '../matlab.ts';
import { gather, type OpenArchive } from './archive.ts';
import { faultsOf } from '../../errors.ts';

/** A MATLAB file with its variables unpacked, so that rows of a large one can be read by themselves. */
export const openMatlab: OpenArchive = async function* ({ path, blob }, room) {
  const fail = faultsOf(path, 'Download it again, or save it anew with scipy.io.savemat.');
  const parts: Blob[] = [blob.slice(0, 128)];
  for await (const { type, at, start, end } of readElements({ path, blob })) {
    if (type !== typeCompressed) {
      parts.push(blob.slice(at, end));
      continue;
    }
    try {
      const inflated = blob
        .slice(start, end)
        .stream()
        .pipeThrough(new DecompressionStream('deflate'));
      parts.push(await gather(inflated, room));
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw fail(`cannot be unpacked at byte ${start}`);
    }
  }
  yield { path, blob: new Blob(parts) };
};
