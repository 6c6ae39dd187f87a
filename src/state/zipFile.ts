const folderName = 'zip';

/** Name of the lock of the tab whose zip it is: it may still be written, or read by a download. */
const lockOf = (name: string) => `stitchwork-zip-${name}`;

/** How long a download may take to read its zip. */
const readMs = 3600e3;

const openFolder = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(folderName, { create: true });

/** Removes a file unless it is open. */
async function remove(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await folder.removeEntry(name).catch((thrown: unknown) => {
    if (!(thrown instanceof DOMException)) throw thrown;
  });
}

const nothing = async () => undefined;

/** Removes the zip that this tab made last. */
export let dropZip: () => Promise<void> = nothing;

/** A private file for a zip in place of this tab's last, kept until the tab closes, for an hour at most. */
export async function openZipFile(): Promise<FileSystemFileHandle> {
  await dropZip();
  await sweepZips();
  const name = crypto.randomUUID();
  const release = await hold(lockOf(name));
  const folder = await openFolder();
  const timer = setTimeout(() => void dropZip(), readMs);
  dropZip = async () => {
    dropZip = nothing;
    clearTimeout(timer);
    await remove(folder, name);
    release();
  };
  return folder.getFileHandle(name, { create: true });
}

/** Removes zips of tabs that are gone, and what a browser that ended left of one half written. */
export async function sweepZips(): Promise<void> {
  const folder = await openFolder();
  const { held = [] } = await navigator.locks.query();
  const kept = new Set(held.map(({ name }) => name));
  for await (const name of folder.keys())
    if (!kept.has(lockOf(name.replace(/\.crswap$/, '')))) await remove(folder, name);
}

/** Holds a lock until the function that it resolves with is called. */
function hold(name: string): Promise<() => void> {
  return new Promise((held) => {
    void navigator.locks.request(name, () => new Promise<void>((resolve) => held(() => resolve())));
  });
}
