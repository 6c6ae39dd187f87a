import { expect, test } from 'vitest';
import { readAhead } from './readAhead.ts';

const file = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 255);

function reading(fails: (start: number, end: number) => boolean = () => false) {
  const reads: [number, number][] = [];
  const read = readAhead(async (start, end) => {
    reads.push([start, end]);
    if (fails(start, end)) throw new Error(`${start} to ${end}`);
    return file.slice(start, end);
  }, file.length);
  return { reads, read };
}

test('short reads in a row share reads that double, within the file', async () => {
  const { reads, read } = reading();
  for (let at = 0; at < 5000; at += 100)
    expect(await read(at, at + 100)).toEqual(file.slice(at, at + 100));
  expect(reads).toEqual([
    [0, 100],
    [100, 300],
    [300, 700],
    [700, 1500],
    [1500, 3100],
    [3100, 5000],
  ]);
});

test('reads apart from each other are read as asked', async () => {
  const { reads, read } = reading();
  for (const at of [0, 1000, 3000]) expect(await read(at, at + 10)).toHaveLength(10);
  expect(reads).toEqual([
    [0, 10],
    [1000, 1010],
    [3000, 3010],
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
