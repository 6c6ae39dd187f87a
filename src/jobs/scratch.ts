import type { Scratch } from '../scope/scopeArrays.ts';
import { openScratchFile } from '../storage/scratchFile.ts';

/** A private file that is made when something must be kept in it, and closed as often as one likes. */
export function createScratch(name: string): Scratch {
  let file: ReturnType<typeof openScratchFile> | null = null;
  return {
    read: async (key) => (await file)?.read(key) ?? null,
    async write(key, bytes) {
      file ??= openScratchFile(name);
      await (await file).write(key, bytes);
    },
    async close() {
      const open = file;
      file = null;
      await (await open)?.close();
    },
  };
}
