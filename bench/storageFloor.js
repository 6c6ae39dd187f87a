/**
 * Seconds in which plain code in the app's worker reads every stored slice once, in pieces of `pieceBytes` with
 * `inputs` of them at a time, and writes 1 / inputs of the bytes to IndexedDB.
 * @param {import('@playwright/test').Worker} worker
 * @param {number} inputs
 * @param {number} pieceBytes
 */
export function copySeconds(worker, inputs, pieceBytes) {
  return worker.evaluate(
    async ({ inputs, pieceBytes }) => {
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
    },
    { inputs, pieceBytes },
  );
}
