import { expect, test } from 'vitest';
import { sweepScratchFiles } from './scratchFile.ts';

test('a scratch file keeps arrays by key and outlasts a sweep while it is open', async () => {
  const url = new URL('../test/scratchFileWorker.ts', import.meta.url);
  const worker = new Worker(url, { type: 'module' });
  const result = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  expect(result).toEqual({
    big: [3 * 2 ** 20, true],
    small: [1, 2, 3, 4],
    absent: null,
    refused: 'small had 4 bytes, not 1.',
    afterSweep: 4,
    names: ['left'],
  });
  worker.terminate();
  await expect
    .poll(async () => {
      await sweepScratchFiles();
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('scratch');
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    })
    .toEqual([]);
});
