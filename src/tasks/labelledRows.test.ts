import { expect, it } from 'vitest';
import { fewShot } from '../data/fewShot.ts';
import type { StoredData } from '../storage/dataSets.ts';
import { CountingBlob, stretched, tableGoldens } from '../test/tableGoldens.ts';
import { readLabelledRows } from './labelledRows.ts';

const known = { names: null, count: null };

it('reads of a large table as much as the shots need, and counts all of it', async () => {
  const path = 'pages.parquet';
  const blob = new CountingBlob([await stretched(path)]);
  const files = [{ path, start: 0, end: blob.size }];
  const data: StoredData = { name: path, id: '', kind: 'table', files, blob, addedAt: 0 };
  const find = () => Promise.resolve(data);
  const task = { train: path, columns: { text: 'text', label: 'label' } };
  const draw = { shots: 4, seed: 2 };
  const { train, labels, counts } = await readLabelledRows(task, find, known, draw);
  expect(labels).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(counts.map(({ examples }) => examples)).toEqual([72, 72, 72, 71, 71, 71, 71]);
  expect(train.length).toBeLessThanOrEqual(200);
  expect(blob.read).toBeLessThan(0.01 * blob.size);
  const wanted = new Map(tableGoldens.pages.map(({ text, label }) => [text, Number(label)]));
  expect(train.every(({ text, label }) => wanted.get(text) === label)).toBe(true);
  expect(fewShot(train, labels, 4, 2)).toHaveLength(28);
  const all = await readLabelledRows(task, find, known, { shots: 'all', seed: 2 });
  expect(all.train).toHaveLength(500);
  expect(all.counts).toEqual(counts);
});
