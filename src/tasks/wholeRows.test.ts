import { expect, it } from 'vitest';
import { readLabelledRows } from './labelledRows.ts';
import type { StoredData } from '../storage/dataSets.ts';

const draw = { shots: 'all', seed: 0 } as const;
const columns = { text: 'text', label: 'label' };

/** Reads files of these texts as the training data of a task. */
async function read(
  texts: Record<string, string>,
  data: object = {},
  names: string[] | null = null,
) {
  const blobs = Object.values(texts);
  let end = 0;
  const files = Object.entries(texts).map(([path, text]) => ({
    ...{ path, start: end, end: (end += text.length) },
  }));
  const blob = new Blob(blobs);
  const stored: StoredData = { name: 'set', id: '', kind: 'table', files, blob, addedAt: 0 };
  const task = { train: 'set', columns, ...data };
  return readLabelledRows(task, () => Promise.resolve(stored), { names, count: null }, draw);
}

const csv = (...rows: string[]) => ['text,label', ...rows].join('\n');

it('SNLI’s rows without a label are left out and counted, where its classes have names', async () => {
  const snli = csv('a,1', 'b,-1', 'c,0', 'd,-', 'e,2');
  const labels = ['entailment', 'neutral', 'contradiction'];
  for (const { train, notes } of [
    await read({ 'a.csv': snli }, { labels }),
    await read({ 'a.csv': snli }, {}, labels),
  ]) {
    expect(train).toEqual([
      { text: 'a', label: 1 },
      { text: 'c', label: 0 },
      { text: 'e', label: 2 },
    ]);
    expect(notes).toEqual(['2 rows of set have no label and are left out, e.g. line 3.']);
  }
});

it('an empty label is no class, and numbers that pandas made floats are numbers', async () => {
  const { train, labels, notes } = await read({ 'a.csv': csv('a,1.0', 'b,', 'c,0.0') });
  expect(labels).toEqual(['0', '1']);
  expect(train.map(({ label }) => label)).toEqual([1, 0]);
  expect(notes).toEqual(['1 row of set has no label and is left out, e.g. line 3.']);
});

it('“nan” is no class beside numbers, and one among names', async () => {
  const numbers = await read({ 'a.csv': csv('a,1.0', 'b,nan', 'c,0.0') });
  expect([numbers.labels, numbers.train.length]).toEqual([['0', '1'], 2]);
  expect(numbers.notes).toEqual(['1 row of set has no label and is left out, e.g. line 3.']);
  const names = await read({ 'a.csv': csv('a,bread', 'b,nan', 'c,roti') });
  expect(names.labels).toEqual(['bread', 'nan', 'roti']);
});

it('−1 is a class where nothing says otherwise', async () => {
  const { train, labels } = await read({ 'a.csv': csv('a,-1', 'b,1') });
  expect(labels).toEqual(['-1', '1']);
  expect(train.map(({ label }) => label)).toEqual([0, 1]);
});

it('rows without a text are left out, and later lines are told by their own file', async () => {
  const texts = {
    'a.jsonl': '{"text":null,"label":"x"}\n{"text":"b","label":"y"}\n',
    'b.jsonl': '{"text":"c","label":"x"}\n{"text":"d","label":"z"}\n',
  };
  const { train, notes } = await read(texts, { labels: ['x', 'y', 'z'] });
  expect(train.map(({ text }) => text)).toEqual(['b', 'c', 'd']);
  expect(notes).toEqual(['1 row of set has no text and is left out, e.g. line 1 of a.jsonl.']);
  await expect(read(texts, { labels: ['x', 'y'] })).rejects.toThrow(
    /^Line 2 of b\.jsonl has the label "z"/,
  );
});

it('a set that has no label at all is refused as it is', async () => {
  await expect(read({ 'a.csv': csv('a,-1', 'b,-1') }, { labels: ['x', 'y'] })).rejects.toThrow(
    /Line 2 has the label "-1" .*kept secret/,
  );
});

it('names that are floats keep their own order', async () => {
  const { train } = await read({ 'a.csv': csv('a,2.0', 'b,1.0') }, { labels: ['1.0', '2.0'] });
  expect(train.map(({ label }) => label)).toEqual([1, 0]);
});

it('many classes are not told as if they were all', async () => {
  const rows = Array.from({ length: 14 }, (_, at) => `a,${at}`);
  const prompt = { template: '{text} {mask}', label_words: [' a'] };
  await expect(read({ 'a.csv': csv(...rows) }, prompt)).rejects.toThrow(
    /^There are 1 label words for 14 classes \(0, 1, 2 and 11 more\)\./,
  );
});

it('classes that are counted from 1 are no more than there are', async () => {
  const news = { 'a.csv': csv('a,2', 'b,1', 'c,3') };
  const words = (count: number) => ({
    ...{ template: '{text} {mask}', label_words: Array<string>(count).fill(' a') },
  });
  for (const data of [{}, words(0), words(3)]) {
    const { train, labels } = await read(news, data).catch((error: Error) => {
      expect(error.message).toMatch(/^There are 0 label words for 3 classes \(1, 2, 3\)/);
      return read(news);
    });
    expect(labels).toEqual(['1', '2', '3']);
    expect(train.map(({ label }) => label)).toEqual([1, 0, 2]);
  }
  expect((await read(news, words(4))).labels).toEqual(['0', '1', '2', '3']);
  await expect(read({ 'a.csv': csv('a,1', 'b,2', 'c,0') }, { labels: ['1', '2'] })).rejects.toThrow(
    /^Line 4 has the label "0", which is none of "1", "2"/,
  );
});
