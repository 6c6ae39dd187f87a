import { describe, expect, it } from 'vitest';
import { CountingBlob, tableBytes, tableFile, tableGoldens } from '../test/tableGoldens.ts';
import { readTable, readTables, rowsOf } from './dataset.ts';
import { openGrouped } from './grouped.ts';
import { spansOf, textRows } from './rowGroups.ts';

const { rows, pages } = tableGoldens;
const read = async (name: string, limit?: number) => {
  const { path, blob } = await tableFile(name);
  return readTable(path, blob, limit);
};
const changed = async (name: string, change: (bytes: Uint8Array<ArrayBuffer>) => BlobPart) =>
  readTable(name, new Blob([change(await tableBytes(name))]));
/** Puts bytes in place of others, every time. */
const swap =
  (from: readonly number[], to: readonly number[]) => (bytes: Uint8Array<ArrayBuffer>) => {
    const met = [...bytes.keys()].filter((at) => from.every((byte, i) => bytes[at + i] === byte));
    expect(met.length).toBeGreaterThan(0);
    for (const at of met) bytes.set(to, at);
    return bytes;
  };

const codecs = ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'].map((name) => `${name}.parquet`);
const arrows = ['stream', 'file', 'packed', 'packedZstd'].map((name) => `${name}.arrow`);
const files = [...codecs, ...arrows];

describe('typed tables', () => {
  it.each(files)('%s has the rows that datasets reads', async (name) => {
    const table = await read(name);
    expect(table.rows).toEqual(rows);
    expect(table.columns).toEqual(expect.arrayContaining(Object.keys(rows[0]!)));
    expect(table.classes?.get('label')).toEqual(['positive', 'negative']);
  });

  it.each(files)('%s gives its first rows', async (name) => {
    expect((await read(name, 3)).rows).toEqual(rows.slice(0, 3));
  });

  it.each(['pages.parquet', 'pages2.parquet'])('%s is read page by page', async (name) => {
    expect((await read(name)).rows).toEqual(pages);
    const { blob } = await tableFile(name);
    const table = await openGrouped([{ path: name, blob }]);
    expect(table.groups.map((group) => group.rows)).toEqual([200, 200, 100]);
    for (const span of spansOf(table.groups, 700))
      expect(await textRows(table, span)).toEqual(
        pages.slice(span.row, span.row + span.to - span.from),
      );
  });

  it('reads no more of a file than the first rows need', async () => {
    const blob = new CountingBlob([await tableBytes('pages2.parquet')]);
    const { rows } = await readTable('pages2.parquet', blob, 5);
    expect(rows).toEqual(pages.slice(0, 5));
    expect(blob.read).toBeLessThan(blob.size / 2);
  });

  it('takes classes in the order of the file, and its names in the place of others', async () => {
    const table = await read('none.parquet');
    const kept = { ...table, rows: table.rows.slice(0, 2) };
    const columns = { text: 'text', label: 'label' };
    expect(rowsOf(kept, columns, null)).toMatchObject({
      rows: [{ label: 0 }, { label: 1 }],
      labels: ['positive', 'negative'],
    });
    const label = (names: string[]) => rowsOf(kept, columns, names).rows.map((row) => row.label);
    expect(label(['negative', 'positive'])).toEqual([1, 0]);
    expect(label(['POSITIVE', 'NEGATIVE'])).toEqual([0, 1]);
    const hidden = { ...table, rows: table.rows.slice(3, 6), lines: [4, 5, 6] };
    expect(() => rowsOf(hidden, columns, null)).toThrow(/Line 6 has the label "-1" .*kept secret/);
  });

  it('unpacks blocks of LZ4 that look back, and dictionaries', async () => {
    const { rows, columns } = await read('packedLong.arrow');
    expect(columns).toEqual(['text', 'kind']);
    expect(rows).toEqual(
      Array.from({ length: 4000 }, (_, at) => ({
        text: `${at} ${(at * 7919) % 1000} and again`,
        kind: at % 2 ? 'even' : 'odd',
      })),
    );
  });

  it('reads several files as one, and names them in messages', async () => {
    const parts = [await tableFile('none.parquet'), await tableFile('zstd.parquet')];
    const table = await readTables(parts);
    expect(table.rows).toEqual([...rows, ...rows]);
    expect((await readTables(parts, rows.length + 2)).rows).toHaveLength(rows.length + 2);
    const columns = { text: 'count', label: 'label' };
    expect(() => rowsOf({ ...table, rows: table.rows.with(10, {}) }, columns, null)).toThrow(
      /^Line 1 of zstd\.parquet has no "label"/,
    );
  });
});

describe('what is no text', () => {
  it.each([
    ['images.parquet', 'images'],
    ['images.arrow', 'images'],
    ['bytes.parquet', 'bytes'],
  ])('%s says so, and its bytes are not read', async (name, held) => {
    const table = await read(name);
    expect(Object.keys(table.rows[0]!)).toEqual(['label']);
    expect(() => rowsOf(table, { text: 'image', label: 'label' }, null)).toThrow(
      `The column "image" holds ${held}, which are no text. Choose another.`,
    );
  });
});

describe('bad Parquet', () => {
  const one = 'none.parquet';

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => BlobPart, RegExp]>([
    ['another file', () => 'text,label\n', /is no Parquet file: it does not begin with PAR1/],
    ['no bytes', () => 'PAR1', /ends too early/],
    ['cut off', (bytes) => bytes.slice(0, -100), /ends too early: a Parquet file ends with PAR1/],
    ['encrypted', (bytes) => (bytes.set([69], bytes.length - 1), bytes), /is encrypted/],
    [
      'a footer longer than the file',
      (bytes) => (bytes.set([255, 255, 255, 127], bytes.length - 8), bytes),
      /says that its footer has 2147483647 bytes, where a file of its size may have \d+\. Download/,
    ],
    [
      'a footer of noise',
      (bytes) => bytes.fill(0xf9, bytes.length - 900, bytes.length - 8),
      /cannot be read as Parquet \(.*\): it is damaged/,
    ],
    ['a negative count of rows', swap([0x16, 0x14], [0x16, 0x15]), /it has -11 rows, where up to/],
    [
      'a codec that nobody has',
      swap([0x18, 4, 0x74, 0x65, 0x78, 0x74, 0x15, 0], [0x18, 4, 0x74, 0x65, 0x78, 0x74, 0x15, 6]),
      /is compressed by LZO, which cannot be unpacked here\. Save it with zstd or snappy/,
    ],
    [
      'pages of more rows than the footer says',
      swap([0x2c, 0x15, 0x14], [0x2c, 0x15, 0x7e]),
      /has 63 rows in the pages of ".*", where its footer says 10/,
    ],
  ])('%s is told', async (_, change, message) => {
    await expect(changed(one, change)).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringMatching(message),
    });
  });

  it('whatever byte is wrong, it is BadFile or a table', async () => {
    const bytes = await tableBytes('zstd.parquet');
    for (let at = 0; at < bytes.length; at += 101) {
      const wrong = bytes.with(at, bytes[at]! ^ 0x55);
      await readTable('a.parquet', new Blob([new Uint8Array(wrong)])).catch((error: unknown) => {
        expect([at, error]).toEqual([at, expect.objectContaining({ kind: 'BadFile' })]);
      });
    }
  });

  it('parts of different data sets are refused', async () => {
    const mixed = [await tableFile('none.parquet'), await tableFile('pages.parquet')];
    await expect(openGrouped(mixed)).rejects.toThrow(/pages\.parquet has other columns/);
  });
});

describe('bad Arrow', () => {
  it.each<[string, string, (bytes: Uint8Array<ArrayBuffer>) => BlobPart, RegExp]>([
    [
      'another file',
      'stream.arrow',
      () => 'text,label\n'.repeat(9),
      /is no Arrow file, or is damaged/,
    ],
    ['nothing', 'stream.arrow', () => new Uint8Array(8), /has no schema/],
    [
      'cut off',
      'stream.arrow',
      (bytes) => bytes.slice(0, -200),
      /ends too early: \d+ bytes should/,
    ],
    ['cut off in a head', 'stream.arrow', (bytes) => bytes.slice(0, 60), /ends too early\./],
  ])('%s is told', async (_, name, change, message) => {
    await expect(changed(name, change)).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['packed.arrow', [0x04, 0x22, 0x4d, 0x18]],
    ['packedZstd.arrow', [0x28, 0xb5, 0x2f, 0xfd]],
  ])(
    'a buffer of %s that unpacks to too much, or to less than it says, is told',
    async (name, mark) => {
      const at = (await tableBytes(name)).findIndex((_, i, all) =>
        mark.every((byte, k) => all[i + k] === byte),
      );
      const saying = (length: bigint) =>
        changed(name, (bytes) => {
          new DataView(bytes.buffer).setBigInt64(at - 8, length, true);
          return bytes;
        });
      await expect(saying(2n ** 40n)).rejects.toThrow(
        /has a record batch that unpacks to more than the 268435456 bytes/,
      );
      await expect(saying(2n ** 20n)).rejects.toMatchObject({ kind: 'BadFile' });
    },
  );

  it.each(arrows)('whatever byte of %s is wrong, it is BadFile or a table', async (name) => {
    const bytes = await tableBytes(name);
    for (let at = 0; at < bytes.length; at += 151) {
      const wrong = bytes.with(at, bytes[at]! ^ 0x55);
      await readTable('a.arrow', new Blob([new Uint8Array(wrong)])).catch((error: unknown) => {
        expect([at, error]).toEqual([at, expect.objectContaining({ kind: 'BadFile' })]);
      });
    }
  });
});
