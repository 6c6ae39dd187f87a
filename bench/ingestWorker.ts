import { deleteCheckpoint } from '../src/storage/checkpoints.ts';
import { digestChunks, hashChunkBytes } from '../src/storage/contentId.ts';
import { identify } from '../src/storage/identify.ts';
import { ingest } from '../src/storage/ingest.ts';

/**
 * What to measure: the whole File put as it is, its slices put alone, its chunks hashed alone, an ingest until the checkpoint can be
 * used, or its content id once it is copied.
 */
export type Job =
  | { kind: 'whole' }
  | { kind: 'slices'; sliceBytes: number }
  | { kind: 'hash' }
  | { kind: 'ingest'; sliceBytes?: number }
  | { kind: 'identify' };

const { signal } = new AbortController();

onmessage = async ({ data: { job, file } }: MessageEvent<{ job: Job; file: File }>) => {
  const { prepare, finish, cleanUp } = jobs(job, file);
  await prepare?.();
  const start = performance.now();
  await finish();
  const seconds = (performance.now() - start) / 1000;
  await cleanUp?.();
  postMessage(seconds);
};

function jobs(
  job: Job,
  file: File,
): {
  prepare?: () => Promise<unknown>;
  finish: () => Promise<unknown>;
  cleanUp?: () => Promise<unknown>;
} {
  if (job.kind === 'hash') return { finish: () => digestChunks(file, hashChunkBytes, signal) };
  let id = '';
  const cleanUp = () => deleteCheckpoint(id);
  const copy = async (sliceBytes?: number) => (id = await ingestFile(file, sliceBytes));
  if (job.kind === 'ingest') return { finish: () => copy(job.sliceBytes), cleanUp };
  if (job.kind === 'identify')
    return { prepare: copy, finish: () => identify(id, signal), cleanUp };
  const sliceBytes = job.kind === 'whole' ? file.size : job.sliceBytes;
  return { finish: () => putSlices(file, sliceBytes), cleanUp: emptyPlain };
}

function ingestFile(file: File, sliceBytes?: number): Promise<string> {
  const { name, size } = file;
  const index = { files: [{ name, bytes: size }], tensors: [], metadata: {} };
  const opened = { name, index, weightFiles: [{ path: name, blob: file }], sideFiles: [] };
  return ingest({ ...opened, architecture: null }, { signal, sliceBytes });
}

async function putSlices(file: File, sliceBytes: number): Promise<void> {
  for (let at = 0; at < file.size; at += sliceBytes) {
    const blob = sliceBytes < file.size ? file.slice(at, at + sliceBytes) : file;
    await plain((store) => store.put(blob, at));
  }
}

const emptyPlain = () => plain((store) => store.clear());

/** One transaction on a database of the bench's own, without any library. */
function plain(change: (store: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('bench');
    opening.onupgradeneeded = () => opening.result.createObjectStore('store');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('store', 'readwrite');
      change(transaction.objectStore('store'));
      transaction.oncomplete = () => {
        opening.result.close();
        resolve();
      };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}
