/** A dropped or chosen file with its relative path, e.g. `roberta-base/model.safetensors`. */
export interface DroppedFile {
  path: string;
  file: File;
  /** By which it can be used in place; not every browser gives one. */
  handle?: FileSystemFileHandle;
}

declare global {
  /** What Chromium has beyond lib.dom. */
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  }
}

const hidden = /(^|\/)\./;

function readBatch(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

async function readEntry(entry: FileSystemEntry, found: DroppedFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (hidden.test(path)) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path, file });
  } else if (isDirectory(entry)) {
    const reader = entry.createReader();
    for (let batch = await readBatch(reader); batch.length; batch = await readBatch(reader))
      for (const child of batch) await readEntry(child, found);
  }
}

const isFileHandle = (handle: FileSystemHandle): handle is FileSystemFileHandle =>
  handle.kind === 'file';

const isFolderHandle = (handle: FileSystemHandle): handle is FileSystemDirectoryHandle =>
  handle.kind === 'directory';

/** Every file behind handles, folders walked to the bottom; hidden files are left out. */
export async function readHandles(
  handles: readonly FileSystemHandle[],
  folder = '',
): Promise<DroppedFile[]> {
  const found: DroppedFile[] = [];
  for (const handle of handles) {
    const path = `${folder}${handle.name}`;
    if (hidden.test(path)) continue;
    if (isFileHandle(handle)) found.push({ path, file: await handle.getFile(), handle });
    if (!isFolderHandle(handle)) continue;
    for await (const child of handle.values())
      found.push(...(await readHandles([child], `${path}/`)));
  }
  return found;
}

/** Every file of a drop, folders walked to the bottom; hidden files are left out. */
export async function readDrop(transfer: DataTransfer): Promise<DroppedFile[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  // Both are there while the drop is handled, and no longer.
  const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? []);
  const asked = items.map(async (item) => item.getAsFileSystemHandle?.());
  const given = await Promise.all(asked.map((each) => each.catch(() => null)));
  const handles = given.flatMap((handle) => handle ?? []);
  if (handles.length && handles.length === items.length) return readHandles(handles);
  if (!entries.length) return readInput(transfer.files);
  const found: DroppedFile[] = [];
  for (const entry of entries) await readEntry(entry, found);
  return found;
}

/** The files of a file or folder input; hidden files are left out. */
export function readInput(files: Iterable<File>): DroppedFile[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !hidden.test(path));
}
