import { openScratchFile, sweepScratchFiles } from '../storage/scratchFile.ts';

const wrongSize = (error: unknown) => (error instanceof Error ? error.message : '');

async function exercise(): Promise<unknown> {
  const file = await openScratchFile('a');
  const big = new Uint8Array(3 * 2 ** 20).fill(7);
  await file.write('big', big);
  await file.write('small', Uint8Array.of(1, 2, 3, 4));
  await file.write('big', big.fill(9));
  const refused = await file.write('small', Uint8Array.of(1)).catch(wrongSize);
  const read = await file.read('big');
  const result = {
    big: [read?.length, read?.every((byte) => byte === 9)],
    small: [...((await file.read('small')) ?? [])],
    absent: await file.read('absent'),
    refused,
  };
  await sweepScratchFiles();
  const afterSweep = (await file.read('small'))?.length;
  await file.close();
  await openScratchFile('left').then(() => undefined);
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('scratch');
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return { ...result, afterSweep, names };
}

void exercise().then(postMessage, (error: unknown) => postMessage(String(error)));
