import { spawnSync } from 'node:child_process';

const pieceBytes = 8 * 2 ** 20;

/** Waits until what was written before is on the disk, which would slow down what is measured next. */
export const settleDisk = () => void spawnSync('sync');

/**
 * Seconds in which plain code reads every slice that the library of `page` holds once, in pieces of 8 MiB with `inputs` of them
 * at a time, and writes 1 / inputs of the bytes to IndexedDB: in a page of its own, whose memory goes with it.
 * @param {import('@playwright/test').Page} page
 * @param {number} inputs
 */
export async function storageSeconds(page, inputs) {
  const own = await page.context().newPage();
  await own.goto(new URL('icon.svg', page.url()).href);
  settleDisk();
  const seconds = await own.evaluate(copyAll, { inputs, pieceBytes });
  await own.close();
  settleDisk();
  return seconds;
}

/** @param {{ inputs: number, pieceBytes: number }} plan */
async function copyAll({ inputs, pieceBytes }) {
  const settled = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  /** @type {IDBDatabase} */
  const library = await settled(indexedDB.open('stitchwork'));
  const range = IDBKeyRange.bound(['slice'], ['slice', []]);
  const slices = await settled(library.transaction('store').objectStore('store').getAll(range));
  library.close();
  const opening = indexedDB.open('bench');
  opening.onupgradeneeded = () => opening.result.createObjectStore('store');
  /** @type {IDBDatabase} */
  const target = await settled(opening);
  const started = performance.now();
  /** @type {Blob[]} */
  const pieces = slices.flatMap((/** @type {{ blob: Blob }} */ { blob }) =>
    Array.from({ length: Math.ceil(blob.size / pieceBytes) }, (_, i) =>
      blob.slice(i * pieceBytes, (i + 1) * pieceBytes),
    ),
  );
  for (let at = 0; at < pieces.length; at += inputs) {
    const group = pieces.slice(at, at + inputs);
    const [first] = await Promise.all(group.map((piece) => piece.arrayBuffer()));
    const transaction = target.transaction('store', 'readwrite');
    transaction.objectStore('store').put(new Blob([first ?? '']), at);
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
  }
  const seconds = (performance.now() - started) / 1000;
  target.close();
  await settled(indexedDB.deleteDatabase('bench'));
  return seconds;
}
