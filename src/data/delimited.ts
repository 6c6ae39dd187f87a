import Papa from 'papaparse';
import type { AppError } from '../errors.ts';
import { badFile } from '../errors.ts';
import { headlessNames } from './headless.ts';
import { addRow, checkColumns, skipRow } from './table.ts';
import type { ReadTable, Table } from './table.ts';
import { lineTooLong, maxLineLength, textChunks } from './textLines.ts';

interface Parsed {
  data: string[][];
  errors: { message: string; row?: number }[];
  meta: { cursor: number };
}

/** CSV with quotes ("" inside them is one), separated by the character of , ; | or tab that fits its first lines. */
export const readCsv: ReadTable = (name, blob, limit) => read(name, blob, limit, null);

/** TSV as GLUE has it: quotes are text, unless a cell is one quoted text with "" inside. */
export const readTsv: ReadTable = (name, blob, limit) => read(name, blob, limit, '\t');

const quotedCell = /^"(?:[^"]|"")*""(?:[^"]|"")*"$/;
const unquote = (cell: string) =>
  quotedCell.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell;

async function read(name: string, blob: Blob, limit: number, tab: '\t' | null): Promise<Table> {
  const sink = new Sink(name, tab !== null);
  let parser: Papa.Parser | null = null;
  let rest = '';
  for await (const text of unixLines(name, blob)) {
    rest += text;
    parser ??= new Papa.Parser({
      delimiter: tab ?? guessDelimiter(rest),
      newline: '\n',
      fastMode: tab ? true : undefined,
    });
    rest = rest.slice(sink.take(parse(parser, rest, true), limit));
    if (sink.table.rows.length >= limit) return sink.table;
    if (rest.length <= maxLineLength) continue;
    throw rest.includes('"')
      ? sink.error('has a quoted cell without an end')
      : lineTooLong(name, sink.line);
  }
  if (parser && rest) sink.take(parse(parser, rest, false), limit);
  sink.name(limit);
  return sink.table;
}

const parse = (parser: Papa.Parser, text: string, more: boolean): Parsed =>
  parser.parse(text, 0, more) as Parsed;

/** The one of , ; | and tab that is most often in the first line, outside quotes. */
function guessDelimiter(text: string): string {
  const line = (text.split('\n')[0] ?? '').replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((each) => [each, line.split(each).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Text with \n at the end of every line; \r alone ends lines where the first piece has no \n. */
async function* unixLines(name: string, blob: Blob): AsyncGenerator<string> {
  let held = '';
  let macintosh: boolean | null = null;
  for await (const chunk of textChunks(name, blob)) {
    const text = held + chunk;
    macintosh ??= !text.includes('\n') && text.includes('\r');
    held = text.endsWith('\r') && !macintosh ? '\r' : '';
    const whole = held ? text.slice(0, -1) : text;
    yield macintosh ? whole.replaceAll('\r', '\n') : whole.replaceAll('\r\n', '\n');
  }
  if (held) yield '\n';
}

/** Rows that are looked at before it is said what their columns are. */
const sampleRows = 100;

interface ReadRow {
  cells: string[];
  line: number;
}

/** Collects parsed rows; the first one names the columns, unless it is one of the rows. */
class Sink {
  readonly table: Table = { columns: [], rows: [], lines: [], skipped: [] };
  line = 1;
  private sample: ReadRow[] | null = [];

  constructor(
    private readonly path: string,
    private readonly tab: boolean,
  ) {}

  /** Takes rows up to `limit`; gives the number of characters that were parsed. */
  take({ data, errors, meta }: Parsed, limit: number): number {
    const faults = new Map(errors.map(({ row, message }) => [row, message]));
    for (const [at, cells] of data.entries()) {
      if (this.table.rows.length >= limit) break;
      const fault = faults.get(at);
      if (fault) throw this.error(`is no CSV: ${fault}`);
      this.takeRow(this.tab ? cells.map(unquote) : cells, limit);
      this.line += 1 + cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
    }
    return meta.cursor;
  }

  /** Names the columns by the rows that were read, and takes these; does nothing the second time. */
  name(limit: number): void {
    const [first, ...others] = this.sample ?? [];
    if (!this.sample || !first) return;
    this.sample = null;
    const names = headlessNames(
      first.cells,
      others.map(({ cells }) => cells),
    );
    for (const column of names ?? this.header(first)) this.table.columns.push(column);
    for (const row of names ? [first, ...others] : others)
      if (this.table.rows.length < limit) this.add(row);
  }

  error(fault: string, line = this.line): AppError {
    const message = `${this.path} ${fault}, in line ${line}. Write quotes inside a quoted cell twice.`;
    return badFile(message);
  }

  private takeRow(cells: string[], limit: number): void {
    if (cells.length <= 1 && !cells[0]) return;
    const row = { cells, line: this.line };
    if (!this.sample) return this.add(row);
    if (this.sample.push(row) === 1) checkColumns(this.path, cells.length);
    if (this.sample.length >= sampleRows) this.name(limit);
  }

  private add({ cells, line }: ReadRow): void {
    const { columns } = this.table;
    if (cells.length === columns.length) {
      const row = Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']));
      addRow(this.path, this.table, row, line);
    } else {
      const why = `has ${cells.length} cells where the first line has ${columns.length}`;
      skipRow(this.path, this.table, line, why);
    }
  }

  private header({ cells, line }: ReadRow): string[] {
    const names = cells.map((cell, at) => cell.trim() || `column ${at + 1}`);
    const met = new Set<string>();
    const twice = names.find((column) => met.size === met.add(column).size);
    if (twice === undefined) return names;
    const message = `${this.path} has the column ${JSON.stringify(twice)} twice in line ${line}. Give every column a name of its own.`;
    throw badFile(message);
  }
}
