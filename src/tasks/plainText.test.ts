import { expect, it } from 'vitest';
import type { StoredData } from '../storage/dataSets.ts';
import { stretched, tableGoldens } from '../test/tableGoldens.ts';
import { plainTextOf } from './plainText.ts';

const all = { shots: 'all', seed: 0 } as const;

async function text(name: string, blob: Blob, shots: number | 'all' = 'all', column?: string) {
  const kind = name.endsWith('.txt') ? 'text' : 'table';
  const files = [{ path: name, start: 0, end: blob.size }];
  const data: StoredData = { name, id: '', kind, files, blob, addedAt: 0 };
  const task = { ...(column !== undefined && { columns: { text: column } }) };
  const found = await plainTextOf(name, task, () => Promise.resolve(data), { ...all, shots });
  return found.text();
}

it('is a file, or the rows of a table, each on lines of its own', async () => {
  expect(await text('a.txt', new Blob(['{"text":"a"}']))).toBe('{"text":"a"}');
  const rows = ['', ' = Title = \n', 'One.', 'Two.\n\n'].map((text) => JSON.stringify({ text }));
  const blob = new Blob([rows.join('\n')]);
  expect(await text('a.jsonl', blob)).toBe('\n = Title = \nOne.\nTwo.\n\n');
  await expect(text('a.jsonl', blob, 'all', 'story')).rejects.toThrow(/no column "story"/);
});

it('of a large table is that of as many rows as the shots', async () => {
  const name = 'pages.parquet';
  const few = await text(name, await stretched(name), 8);
  const lines = few.split('\n').slice(0, -1);
  expect([100, 200]).toContain(lines.length);
  expect(tableGoldens.pages.map((row) => row.text)).toEqual(expect.arrayContaining(lines));
});
