import { badFile, bug, isQuotaError } from '../errors.ts';
import { quotaFull } from './quota.ts';

declare global {
  /** What workers have beyond lib.dom. */
  interface FileSystemFileHandle {
    createSyncAccessHandle(): Promise<{
      read(to: Uint8Array, options: { at: number }): number;
      write(from: Uint8Array, options: { at: number }): number;
      close(): void;
    }>;
  }
}

/**
 * Arrays of any size under keys, written and read whole, in a file of the origin's private file system (only workers can) that is
 * gone when it is closed; `name` is this worker's alone.
 */
export async function openScratchFile(name: string) {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('scratch', { create: true });
  const file = await folder.getFileHandle(name, { create: true });
  const handle = await file.createSyncAccessHandle();
  const places = new Map<string, { at: number; bytes: number }>();
  let end = 0;
  return {
    async read(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
      const place = places.get(key);
      if (!place) return null;
      const bytes = new Uint8Array(place.bytes);
      if (handle.read(bytes, { at: place.at }) !== place.bytes)
        throw badFile('The working file of this run was cut short. Run it again.');
      return bytes;
    },
    /** An array keeps the size it was first written with. Throws QuotaFull. */
    async write(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      const place = places.get(key) ?? { at: end, bytes: bytes.byteLength };
      if (place.bytes !== bytes.byteLength)
        throw bug(`${key} had ${place.bytes} bytes, not ${bytes.byteLength}.`);
      try {
        handle.write(bytes, { at: place.at });
      } catch (thrown) {
        if (!isQuotaError(thrown)) throw thrown;
        const outcome = 'Nothing stored earlier is lost.';
        throw quotaFull('the mask state that does not fit the GPU', outcome, thrown);
      }
      if (!places.has(key)) end += place.bytes;
      places.set(key, place);
    },
    async close(): Promise<void> {
      handle.close();
      await folder.removeEntry(name);
    },
  };
}

/** Removes the files that tabs which died left behind; those in use refuse and stay. */
export async function sweepScratchFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('scratch', { create: true });
  for await (const name of folder.keys())
    await folder.removeEntry(name).catch((thrown: unknown) => {
      if (!(thrown instanceof DOMException)) throw thrown;
    });
}
