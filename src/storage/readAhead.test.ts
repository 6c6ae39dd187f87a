import { expect, test } from 'vitest';
import { readAhead } from './readAhead.ts';

const file = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) & 255);

function reading(fails: (start: number, end: number) => boolean = () => false) {
  const reads: [number, number][] = [];
  const read = readAhead(async (start, end) => {
    reads.push([start, end]);
    if (fails(start, end)) throw new Error(`${start} to ${end}`);
    return file.slice(start, end);
  }, file.length);
  return { reads, read };
}

test('short reads in a row share reads that grow, within the file', async () => {
  const { reads, read } = reading();
  for (let at = 0; at < 200_000; at += 1000)
    expect(await read(at, at + 1000)).toEqual(file.slice(at, at + 1000));
  expect(reads).toEqual([
    [0, 1000],
    [1000, 66_536],
    [66_000, 200_000],
  ]);
});

test('reads apart from each other are read as asked', async () => {
  const { reads, read } = reading();
  for (const at of [100_000, 190_000, 0]) expect(await read(at, at + 10)).toHaveLength(10);
  expect(reads).toEqual([
    [100_000, 100_010],
    [190_000, 190_010],
    [0, 10],
  ]);
});

test('what fails ahead is read alone, and fails alone', async () => {
  const { read } = reading((_, end) => end > 250);
  expect(await read(0, 100)).toEqual(file.slice(0, 100));
  expect(await read(100, 200)).toEqual(file.slice(100, 200));
  await expect(read(200, 300)).rejects.toThrow('200 to 300');
});

test('what was read may be changed by who asked for it', async () => {
  const { read } = reading();
  (await read(0, 100)).fill(0);
  const bytes = await read(100, 200);
  bytes.fill(0);
  expect(await read(100, 150)).toEqual(file.slice(100, 150));
});
