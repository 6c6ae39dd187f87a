import { missingParts } from '../api/shards.ts';
import { badFile, unsupported } from '../errors.ts';
import {
  guessColumns,
  isLabelFirst,
  isRowNumber,
  plainLabel,
  readTables,
  textColumns,
} from '../data/dataset.ts';
import { alikePreset, guessPreset } from '../data/presets/registry.ts';
import { areGrouped, openGrouped } from '../data/grouped.ts';
import { addressRemark, hasImages, listImages, previewImageRows } from '../data/images.ts';
import { refusePlaceholders } from '../data/placeholders.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { SourceFile } from '../formats/source.ts';
import {
  addData as store,
  filesOf,
  listData,
  requireData,
  type DataKind,
  type StoredData,
} from '../storage/dataSets.ts';
import { partName, unpackData } from './unpackData.ts';
import { guessPrompted } from '../tasks/guessPrompted.ts';
import { tableFiles } from '../tasks/labelledRows.ts';
import type { DataPreview, DataSummary } from '../api/tasks.ts';
import type { EngineApi } from '../api/engine.ts';

const kinds: Record<DataKind, RegExp> = {
  table: /\.(?:jsonl|ndjson|json|csv|tsv|parquet|arrow|label)$/i,
  text: /\.(?:txt|text|md)$/i,
  images: /\.(?:zip|png|jpe?g|webp|gif|bmp|avif|ppm|pgm|mat)$|[-.]?ubyte$/i,
  head: /\.safetensors$/i,
};

const previewRows = 20;
const previewCharacters = 400;

export async function data(): Promise<DataSummary[]> {
  return (await listData()).map(summaryOf);
}

export const addData: EngineApi['addData'] = async (name, sources) => {
  const trimmed = name.trim();
  if (!trimmed) throw badFile('Data need a name. Type at least one letter.');
  const { parts, notes } = await unpackData(
    sources.map(({ path, file }) => ({ path, blob: file })),
  );
  const added: DataSummary[] = [];
  for (const { name: part, files: all } of parts) {
    // What datasets notes beside its files is no data.
    const grouped = all.filter((file) => areGrouped([file]));
    const files = grouped.length > 0 ? grouped : all;
    const paths = files.map(({ path }) => path);
    const own = partName(trimmed, part);
    const named = kindOf(own, paths);
    await refusePlaceholders(named === 'images' ? files.slice(0, 1) : files);
    const kind = await kindWithin(named, files);
    added.push(summaryOf(await store(own, kind, files)));
  }
  return { added, notes: notes.map((note) => `${trimmed}: ${note}`) };
};

/** The kind of data that what is in the files makes, where their names do not tell. */
async function kindWithin(kind: DataKind, files: readonly SourceFile[]): Promise<DataKind> {
  const [first] = files;
  if (!first) return kind;
  if (kind === 'text' && /\.txt$/i.test(first.path) && (await isLabelFirst(first.blob)))
    return 'table';
  if (kind === 'table' && areGrouped(files) && hasImages(await openGrouped([first], 1)))
    return 'images';
  return kind;
}

export const previewData: EngineApi['previewData'] = async (name) => {
  const data = await requireData(name);
  const preview = await previews[data.kind](data);
  const { labels = [], columns, secret = false } = preview;
  return {
    guess: {},
    prompted: null,
    notes: [],
    ...preview,
    labels,
    secret,
    preset: guessPreset(name)?.id ?? null,
    alike: alikePreset(columns, labels)?.id ?? null,
  };
};

type Previewed = Pick<DataPreview, 'columns' | 'rows'> &
  Partial<Pick<DataPreview, 'guess' | 'prompted' | 'labels' | 'notes' | 'secret'>>;

const previews: Record<DataKind, (data: StoredData) => Promise<Previewed>> = {
  async table(data) {
    const { columns, rows, skipped, classes, notText } = await readTables(
      tableFiles(data),
      previewRows,
    );
    const readable = textColumns({ columns, notText });
    const { text, text_b, label } = guessColumns(readable);
    const found = label === undefined ? [] : rows.map((row) => plainLabel(row[label] ?? ''));
    const held = Object.fromEntries(
      [...(notText ?? [])].map(([name, what]) => [name, `(${what})`]),
    );
    const missing = missingParts(data.files.map(({ path }) => path));
    return {
      columns,
      rows: rows.map((row) => ({ ...held, ...shorten(row) })),
      guess: { columns: { text, ...(text_b && { text_b }), ...(label && { label }) } },
      prompted: guessPrompted(readable, rows),
      labels: [
        ...(classes?.get(label ?? '') ??
          [...new Set(found)].filter((value) => value !== '').sort()),
      ],
      secret:
        label === undefined
          ? columns.some(isRowNumber)
          : found.length > 0 && found.every((value) => value === '-1'),
      notes: [
        ...[missing, addressRemark(columns, rows)].filter((note) => note !== null),
        ...skipped.map(({ line, why }) => `Line ${line} is left out: ${why}`),
      ],
    };
  },
  async text({ blob }) {
    const head = await blob.slice(0, previewRows * previewCharacters).text();
    const lines = head.split(/\r?\n/).filter((line) => line.trim() !== '');
    return {
      columns: ['text'],
      rows: lines.slice(0, previewRows).map((text) => shorten({ text })),
      guess: { kind: 'next_token' },
    };
  },
  async images(data) {
    const files = filesOf(data);
    if (areGrouped(files)) return previewImageRows(files, previewRows);
    const { images, labels } = await listImages(files);
    return {
      columns: ['path', 'label'],
      rows: images
        .slice(0, previewRows)
        .map(({ path, label }) => ({ path, label: labels[label] ?? '' })),
      labels,
    };
  },
  async head({ name, blob }) {
    const { tensors } = await readSafetensorsHeader({ path: name, blob }, 0);
    return {
      columns: ['tensor', 'dtype', 'shape'],
      rows: tensors.slice(0, previewRows).map(({ name: tensor, dtype, shape }) => ({
        tensor,
        dtype,
        shape: `[${shape.join(', ')}]`,
      })),
    };
  },
};

/** Which kind of data the names of the files make. */
export function kindOf(name: string, paths: readonly string[]): DataKind {
  const [only] = paths;
  if (paths.length > 1 && paths.some((path) => kinds.images.test(path))) return 'images';
  if (paths.length > 1 && paths.every((path) => kinds.table.test(path))) return 'table';
  const kind = (['table', 'text', 'images', 'head'] as const).find((each) =>
    paths.length === 1 ? kinds[each].test(only ?? '') || kinds[each].test(name) : false,
  );
  if (kind) return kind;
  throw unsupported(
    `“${name}” is no data that can be read. Give a JSONL, CSV, TSV, Parquet, Arrow or TXT file or its parts, a zip, a folder of images, or a safetensors file with a head.`,
  );
}

function shorten(row: Record<string, string>): Record<string, string> {
  const short = (value: string) =>
    value.length > previewCharacters ? `${value.slice(0, previewCharacters)}…` : value;
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, short(value)]));
}

function summaryOf({ name, id, kind, files, blob }: StoredData): DataSummary {
  return { name, id, kind, bytes: blob.size, files: files.length };
}
