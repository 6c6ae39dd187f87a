import { describe, expect, it } from 'vitest';
import { tableFile, tableGoldens } from '../test/tableGoldens.ts';
import { guessColumns, isLabelFirst, readTable } from './dataset.ts';
import { headlessNames } from './headless.ts';

const read = (name: string, text: string, limit?: number) =>
  readTable(name, new Blob([text]), limit);
const golden = async (name: string, limit?: number) => {
  const { path, blob } = await tableFile(name);
  return readTable(path, blob, limit);
};

describe('tables without a header', () => {
  it.each(['cr', 'named'] as const)(
    '%s.csv as pandas writes it has a label and a text',
    async (name) => {
      const { columns, rows, lines } = await golden(`${name}.csv`);
      expect(columns).toEqual(['label', 'text']);
      expect([rows, lines]).toEqual([tableGoldens[name], [1, 2, 3, 4, 5, 6]]);
      expect(guessColumns(columns)).toEqual({ text: 'text', label: 'label' });
      expect((await golden(`${name}.csv`, 2)).rows).toEqual(tableGoldens[name].slice(0, 2));
    },
  );

  it.each<[string, string[][], string[] | null]>([
    [
      'text first',
      [
        ['good', '1'],
        ['bad', '0'],
        ['dull', '0'],
      ],
      ['text', 'label'],
    ],
    [
      'two texts',
      [
        ['a b', 'c d e', '1'],
        ['f g', 'h', '0'],
        ['i', 'j', '1'],
      ],
      ['text', 'text_b', 'label'],
    ],
    [
      'CoLA: a source, a label, a mark and a sentence',
      [
        ['gj04', '1', '', 'One more.'],
        ['gj04', '0', '*', 'Them went.'],
        ['gj04', '1', '', 'He ran.'],
      ],
      ['column 1', 'label', 'column 3', 'text'],
    ],
    [
      'sorted by label',
      [
        ['0', 'bad'],
        ['0', 'dull'],
        ['0', 'no'],
      ],
      ['label', 'text'],
    ],
    [
      'numbers that count',
      [
        ['1', '1', 'x y'],
        ['2', '0', 'z'],
        ['3', '1', 'w'],
      ],
      ['column 1', 'label', 'text'],
    ],
    [
      'a header',
      [
        ['label', 'text'],
        ['0', 'bad'],
        ['1', 'good'],
      ],
      null,
    ],
    [
      'a header of texts',
      [
        ['review', 'sentiment'],
        ['fine', 'pos'],
        ['dull', 'neg'],
        ['ok', 'pos'],
        ['so', 'neg'],
      ],
      null,
    ],
    [
      'names that are met again',
      [
        ['pos', 'a'],
        ['neg', 'b'],
        ['pos', 'c'],
        ['neg', 'd'],
        ['pos', 'e'],
      ],
      ['label', 'text'],
    ],
    ['one column of numbers', [['1'], ['2']], ['column 1']],
  ])('%s', (_, [first = [], ...others], names) => {
    expect(headlessNames(first, others)).toEqual(names);
  });

  it('rows of another width after a first row without names are left out', async () => {
    const { rows, skipped } = await read('a.csv', '0,bad\n1\n1,good\n');
    expect(rows).toEqual([
      { label: '0', text: 'bad' },
      { label: '1', text: 'good' },
    ]);
    expect(skipped).toEqual([{ line: 2, why: 'has 1 cells where the first line has 2' }]);
  });

  it('is told by the same rows for the first few as for all', async () => {
    const text = Array.from({ length: 300 }, (_, at) => `${at % 5},text ${at}\n`).join('');
    const [few, all] = [await read('a.csv', text, 3), await read('a.csv', text)];
    expect(few.columns).toEqual(all.columns);
    expect([few.rows.length, all.rows.length]).toEqual([3, 300]);
    expect(all.rows[299]).toEqual({ label: '4', text: 'text 299' });
  });
});

describe('lines that begin with their label', () => {
  it('of two levels are TREC’s, in Latin-1', async () => {
    const { columns, rows } = await golden('trec.label');
    expect(columns).toEqual(['coarse_label', 'fine_label', 'text']);
    expect(rows).toEqual(tableGoldens.trec);
    expect(guessColumns(columns)).toEqual({ text: 'text', label: 'coarse_label' });
  });

  it('are numbers, or fastText’s', async () => {
    const { rows } = await read('a.txt', '0 a bad film\n1\ta good film\n\n12 x\n');
    expect(rows).toEqual([
      { label: '0', text: 'a bad film' },
      { label: '1', text: 'a good film' },
      { label: '12', text: 'x' },
    ]);
    expect((await read('a.txt', '__label__good so good\n')).rows).toEqual([
      { label: 'good', text: 'so good' },
    ]);
  });

  it('that do not are left out and told', async () => {
    const { rows, skipped } = await read('a.label', 'DESC:def What ?\nwhat\n1 b\n');
    expect(rows).toHaveLength(1);
    expect(skipped).toEqual([
      { line: 2, why: 'does not begin with a label' },
      { line: 3, why: 'has another kind of label than the first line' },
    ]);
    await expect(read('a.label', 'what\n')).rejects.toThrow(
      /holds no rows: line 1 does not begin with a label/,
    );
  });

  it('are told from text', async () => {
    const label = (text: string) => isLabelFirst(new Blob([text]));
    expect(await isLabelFirst((await tableFile('trec.label')).blob)).toBe(true);
    expect(await label('0 a\n1 b\n0 c\n1 d\n')).toBe(true);
    expect(await label('1 one\n2 two\n3 three\n4 four\n')).toBe(false);
    expect(await label('It was.\nThey went.\nAnd so.\nOn.\n')).toBe(false);
    expect(await label('0 a\n')).toBe(false);
  });
});
