import { describe, expect, it } from 'vitest';
import { CountingBlob, tableBytes, tableFile, tableGoldens } from '../test/tableGoldens.ts';
import { chooseSpans, fewSpans } from './fewShot.ts';
import { sampleTable } from './sampleTable.ts';

const counts = (...spans: Record<string, number>[]) =>
  spans.map((span) => new Map(Object.entries(span)));

describe('spans with enough examples', () => {
  it('are few, and all that has a label where it is rare', () => {
    const spans = counts({ a: 9, b: 9 }, { a: 9 }, { b: 9, c: 1 }, { a: 9, b: 9 }, { c: 1 });
    const chosen = chooseSpans(spans, 2, 0);
    expect(chosen).toEqual(expect.arrayContaining([2, 4]));
    expect(chosen.length).toBeLessThan(5);
    expect(chooseSpans(spans, 2, 0)).toEqual(chosen);
  });

  it('are all where examples do not suffice', () => {
    expect(chooseSpans(counts({ a: 1 }, { a: 1 }, { a: 1 }), 9, 3)).toEqual([0, 1, 2]);
  });

  it('of images are those of few groups', () => {
    const images = Array.from({ length: 100 }, (_, at) => ({ label: at % 2, span: (at / 10) | 0 }));
    const few = fewSpans(images, 4, 1);
    expect(new Set(few.map(({ span }) => span)).size).toBe(1);
    expect(few).toHaveLength(10);
    expect(fewSpans(images, 'all', 1)).toBe(images);
    const whole = [{ label: 0 }];
    expect(fewSpans(whole, 4, 1)).toBe(whole);
  });
});

describe('a sample of a table', () => {
  const labelOf = () => 'label';

  it('has rows of few spans with their numbers, and counts of all', async () => {
    const blob = new CountingBlob([await tableBytes('pages.parquet')]);
    const files = [{ path: 'pages.parquet', blob }];
    const { table, counts } = await sampleTable('pages', files, { shots: 3, seed: 5, labelOf });
    const wanted = table.lines.map((line) => tableGoldens.pages[line - 1]);
    expect(table.rows).toEqual(wanted);
    expect(table.rows.length).toBeLessThanOrEqual(200);
    expect(table.classes?.get('label')).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    expect([...counts].sort()).toEqual(
      [72, 72, 72, 71, 71, 71, 71].map((count, label) => [String(label), count]),
    );
    const whole = new CountingBlob([blob]);
    await sampleTable('pages', [{ path: 'pages.parquet', blob: whole }], {
      shots: 72,
      seed: 5,
      labelOf,
    });
    expect(blob.read).toBeLessThan(0.8 * whole.read);
  });

  it('is all where a label is rare', async () => {
    const files = [await tableFile('pages.parquet')];
    const { table } = await sampleTable('pages', files, { shots: 72, seed: 5, labelOf });
    expect(table.rows).toEqual(tableGoldens.pages);
  });

  it('tells a row without a label', async () => {
    const files = [await tableFile('pages.parquet')];
    const other = () => 'other';
    await expect(
      sampleTable('pages', files, { shots: 1, seed: 0, labelOf: other }),
    ).rejects.toThrow(/^Line 1 of pages has no "other"/);
  });
});
