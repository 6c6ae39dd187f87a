import { expect, test } from 'vitest';
import { dropZip, openZipFile, sweepZips } from './zipFile.ts';

async function zips(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const names: string[] = [];
  for await (const name of (await root.getDirectoryHandle('zip', { create: true })).keys())
    names.push(name);
  return names;
}

async function leave(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('zip', { create: true });
  await folder.getFileHandle(name, { create: true });
}

test('zips that earlier visits left are swept, and this tab’s last one goes with the next', async () => {
  await leave('merged.zip');
  await leave('merged.zip.crswap');
  await sweepZips();
  expect(await zips()).toEqual([]);

  const first = await openZipFile();
  const stream = await first.createWritable();
  await stream.write('x');
  await sweepZips();
  await stream.close();
  expect((await first.getFile()).size).toBe(1);
  await sweepZips();
  expect(await zips()).toEqual([first.name]);

  const second = await openZipFile();
  expect(await zips()).toEqual([second.name]);
  await dropZip();
  expect(await zips()).toEqual([]);
});
