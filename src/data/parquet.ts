import type { ColumnChunk, ColumnMetaData, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import { assembleAsync, readRowGroup } from 'hyparquet/src/rowgroup.js';
import { flatten } from 'hyparquet/src/utils.js';
import { badFile, type Fail } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';
import type { SourceFile } from '../formats/source.ts';
import { isoTime } from './cellText.ts';
import { checkRows, classNames, readAs, type GroupedTable } from './rowGroups.ts';

/** Largest footer, in bytes: tens of thousands of column chunks. */
export const maxFooterBytes = 16 * 1024 ** 2;
/** Largest page, in bytes, packed or not. */
export const maxPageBytes = 256 * 1024 ** 2;
/** Of how many columns the pages are kept. */
const mostKept = 64;
/** Most values of a page. */
const maxPageValues = 2 ** 24;

const parsers = {
  dateFromDays: (days: number) => isoTime(days * 864e5).slice(0, 10),
  timestampFromMilliseconds: (time: bigint) => isoTime(Number(time)),
  timestampFromMicroseconds: (time: bigint) => isoTime(Number(time / 1000n)),
  timestampFromNanoseconds: (time: bigint) => isoTime(Number(time / 1_000_000n)),
};

/** Reads the footer of a Parquet file; throws BadFile. */
export async function openParquet(source: SourceFile): Promise<GroupedTable> {
  const { path } = source;
  const fail: Fail = (fault) => badFile(`${path} ${fault}. Download it again, or save it anew.`);
  const metadata = await readFooter(source, fail);
  return readable(path, () => {
    const schema = parquetSchema(metadata);
    const groups = metadata.row_groups.map(({ num_rows, columns }) => ({
      rows: Number(num_rows),
      bytes: columns.reduce((sum, { meta_data: m }) => sum + Number(m?.total_compressed_size), 0),
    }));
    checkRows(path, groups);
    const noted = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface');
    const reader = new ParquetReader(source, metadata, schema, fail);
    return {
      columns: schema.children.map(({ element }) => element.name),
      classes: classNames(noted?.value),
      notText: new Map(
        schema.children.flatMap((column) => {
          const held = heldBy(column);
          return held === null ? [] : [[column.element.name, held] as const];
        }),
      ),
      groups,
      read: (...rows) => readable(path, () => reader.read(...rows)),
    };
  });
}

const readable = <T>(path: string, read: () => T | Promise<T>) =>
  readAs('Parquet', path, 'Download it again, or save it anew.', read);

async function readFooter(source: SourceFile, fail: Fail): Promise<FileMetaData> {
  const { path, blob } = source;
  const marks = [
    await readSlice(source, 0, 4),
    await readSlice(source, Math.max(0, blob.size - 4), blob.size),
  ].map((bytes) => String.fromCharCode(...bytes));
  if (marks.includes('PARE')) throw fail('is encrypted, which is not read');
  if (marks[0] !== 'PAR1') throw fail('is no Parquet file: it does not begin with PAR1');
  if (marks[1] !== 'PAR1' || blob.size < 12)
    throw fail('ends too early: a Parquet file ends with PAR1');
  const end = blob.size - 8;
  const length = new DataView((await readSlice(source, end, end + 4)).buffer).getUint32(0, true);
  if (length > Math.min(maxFooterBytes, end - 4))
    throw fail(
      `says that its footer has ${length} bytes, where a file of its size may have ${Math.min(maxFooterBytes, end - 4)}`,
    );
  const footer = await readSlice(source, end - length, blob.size);
  return readable(path, () => parquetMetadata(footer.buffer, { parsers, geoparquet: false }));
}

/** What a column holds that is no text; null for text, numbers, and lists and structs of them. */
function heldBy(column: SchemaTree): string | null {
  const bytes = column.children.find(({ element }) => element.name === 'bytes');
  if (bytes && isBytes(bytes)) return 'images';
  return hasBytes(column) ? 'bytes' : null;
}

const hasBytes = (column: SchemaTree): boolean => isBytes(column) || column.children.some(hasBytes);

function isBytes({ element }: SchemaTree): boolean {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'INTERVAL') return true;
  const stored = type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY';
  return stored && !textTypes.includes(converted ?? logical?.type ?? '');
}

/** What the library makes text or numbers of. */
const textTypes = ['UTF8', 'STRING', 'JSON', 'DECIMAL', 'UUID', 'FLOAT16'];

/** Where a data page lies, its header included, and the row of the group that it begins with. */
interface Page {
  offset: bigint;
  compressed_page_size: number;
  first_row_index: bigint;
}

/** Reads pages of column chunks, each page's header checked before it is unpacked. */
class ParquetReader {
  /** Pages of columns that were read last, by group and column. */
  readonly #pages = new Map<string, Promise<Page[] | null>>();

  constructor(
    readonly source: SourceFile,
    readonly metadata: FileMetaData,
    readonly schema: SchemaTree,
    readonly fail: Fail,
  ) {}

  async read(
    group: number,
    columns: readonly string[],
    from: number,
    to: number,
  ): Promise<unknown[][]> {
    const rowGroup = this.metadata.row_groups[group];
    if (!rowGroup || columns.length === 0) return columns.map(() => []);
    const wanted = rowGroup.columns.map((column) => this.#stored(column));
    const read = wanted.filter(({ path_in_schema: [first] }) => columns.includes(first ?? ''));
    const rows = Number(rowGroup.num_rows);
    const chunks = [];
    for (const columnMetadata of read) {
      const [startByte, endByte] = this.#range(columnMetadata);
      const pages = await this.#pagesOf(group, columnMetadata, rows);
      const chunk = { columnMetadata, range: { startByte, endByte } };
      chunks.push(pages ? { ...chunk, pageLocations: pages } : chunk);
    }
    const compressors = await this.#compressors(read);
    const file = {
      byteLength: this.source.blob.size,
      slice: async (start: number, end = this.source.blob.size) =>
        (await readSlice(this.source, start, end)).buffer,
    };
    const { metadata } = this;
    const part = { chunks, rowGroup, groupStart: 0, groupRows: rows };
    const opened = readRowGroup(
      { file, metadata, compressors, utf8: false, parsers },
      { metadata, rowStart: 0, fetches: [], groups: [] },
      { ...part, selectStart: from, selectEnd: to },
    );
    const { asyncColumns } = assembleAsync(opened, this.schema, parsers);
    const settled = await Promise.allSettled(asyncColumns.map(({ data }) => data));
    const values = new Map<string, unknown[]>();
    for (const [i, each] of settled.entries()) {
      if (each.status === 'rejected') throw each.reason;
      const { data, skipped } = each.value;
      const cells = Array.from<unknown>(flatten(data).slice(from - skipped, to - skipped));
      values.set(asyncColumns[i]?.pathInSchema[0] ?? '', cells);
    }
    return columns.map((column) => {
      const cells = values.get(column) ?? [];
      if (cells.length === to - from) return cells;
      throw this.fail(
        `has ${cells.length} values of ${JSON.stringify(column)} in row group ${group}, where ${to - from} rows were asked for`,
      );
    });
  }

  #stored({ file_path: elsewhere, meta_data: stored }: ColumnChunk): ColumnMetaData {
    if (elsewhere) throw this.fail(`keeps its columns in other files (${elsewhere})`);
    if (!stored) throw this.fail('has an encrypted column, which is not read');
    return stored;
  }

  #range(column: ColumnMetaData): [number, number] {
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const end = start + Number(column.total_compressed_size);
    if (start >= 4 && start <= end && end <= this.source.blob.size) return [start, end];
    throw this.fail(
      `says that ${JSON.stringify(column.path_in_schema.join('.'))} lies at bytes ${start} to ${end}, and has ${this.source.blob.size}`,
    );
  }

  #pagesOf(group: number, column: ColumnMetaData, rows: number): Promise<Page[] | null> {
    const key = JSON.stringify([group, column.path_in_schema]);
    const found = this.#pages.get(key) ?? this.#findPages(column, rows);
    this.#pages.set(key, found);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > mostKept && oldest !== undefined) this.#pages.delete(oldest);
    return found;
  }

  /** The data pages of a column chunk; null where only unpacking them tells which rows they hold. */
  async #findPages(column: ColumnMetaData, rows: number): Promise<Page[] | null> {
    const [start, end] = this.#range(column);
    const where = JSON.stringify(column.path_in_schema.join('.'));
    const isList = repeats(this.schema, column.path_in_schema);
    const headers = new PageHeaders(this.source, end);
    const pages: Page[] = [];
    let row = 0;
    let isTold = true;
    for (let at = start; at < end - 1;) {
      const { header, length } = await headers.at(at);
      const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
      const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: d } = header;
      const values = (v1 ?? v2 ?? d)?.num_values ?? 0;
      if (!(packed >= 0 && at + length + packed <= end))
        throw this.fail(`has a page of ${packed} bytes in ${where} at byte ${at}, beyond its end`);
      if (!(Math.max(packed, unpacked) <= maxPageBytes && values >= 0 && values <= maxPageValues))
        throw this.fail(
          `has a page of ${unpacked} bytes and ${values} values in ${where}, more than the ${maxPageBytes} and ${maxPageValues} that are read`,
        );
      if (v1 ?? v2) {
        const size = length + packed;
        pages.push({
          offset: BigInt(at),
          compressed_page_size: size,
          first_row_index: BigInt(row),
        });
        row += v2?.num_rows ?? values;
        isTold &&= !isList || v2 !== undefined;
      }
      at += length + packed;
    }
    if (isTold && row !== rows)
      throw this.fail(`has ${row} rows in the pages of ${where}, where its footer says ${rows}`);
    if (!isTold && end - start > maxPageBytes)
      throw this.fail(
        `has lists of ${end - start} bytes in ${where} in one row group, more than the ${maxPageBytes} that are read`,
      );
    return isTold && pages.length > 0 ? pages : null;
  }

  /** What unpacks these columns: the library for all codecs but one is loaded when it is needed. */
  async #compressors(columns: readonly ColumnMetaData[]): Promise<Compressors> {
    const needed = columns.filter(({ codec }) => codec !== 'UNCOMPRESSED' && codec !== 'SNAPPY');
    if (needed.length === 0) return {};
    const library = await import('hyparquet-compressors');
    const known: Compressors = {
      GZIP: library.decompressGzip,
      BROTLI: library.decompressBrotli,
      ZSTD: (bytes, length) => library.decompressZstd(bytes, new Uint8Array(length)),
      LZ4: library.decompressLz4,
      LZ4_RAW: library.decompressLz4Raw,
    };
    const other = needed.find(({ codec }) => !known[codec]);
    if (!other) return known;
    throw badFile(
      `${this.source.path} is compressed by ${other.codec ?? 'a codec that is not known'}, which cannot be unpacked here. Save it with zstd or snappy.`,
    );
  }
}

/** Whether a column holds lists, so that its values are not its rows. */
function repeats(schema: SchemaTree, path: readonly string[]): boolean {
  let tree: SchemaTree | undefined = schema;
  return path.some((name) => {
    tree = tree?.children.find(({ element }) => element.name === name);
    return tree?.element.repetition_type === 'REPEATED';
  });
}

/** Headers of pages before `end`, of which little is read at a time. */
class PageHeaders {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  #start = 0;

  constructor(
    readonly source: SourceFile,
    readonly end: number,
  ) {}

  async at(offset: number) {
    for (const size of [2 ** 13, 2 ** 18, 2 ** 22]) {
      const stop = Math.min(this.end, offset + size);
      if (offset < this.#start || stop > this.#start + this.#bytes.length) {
        this.#bytes = await readSlice(this.source, offset, stop);
        this.#start = offset;
      }
      const reader = { view: new DataView(this.#bytes.buffer), offset: offset - this.#start };
      const from = reader.offset;
      try {
        return { header: parquetHeader(reader), length: reader.offset - from };
      } catch (error) {
        // It may go on beyond the bytes read.
        if (stop === this.end || size === 2 ** 22) throw error;
      }
    }
    throw new RangeError('a page has no header');
  }
}
