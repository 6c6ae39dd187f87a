import { badFile, unsupported } from '../errors.ts';
import { guessColumns, readTable } from '../data/dataset.ts';
import { guessPreset } from '../data/presets/registry.ts';
import { listImages } from '../data/images.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import {
  addData as store,
  filesOf,
  listData,
  requireData,
  type DataKind,
  type StoredData,
} from '../storage/dataSets.ts';
import { partName, unpackData } from './unpackData.ts';
import { tableName } from '../tasks/labelledRows.ts';
import type { DataPreview, DataSummary } from '../api/tasks.ts';
import type { EngineApi } from '../api/engine.ts';

const kinds: Record<DataKind, RegExp> = {
  table: /\.(?:jsonl|ndjson|json|csv|tsv)$/i,
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
  for (const { name: part, files } of parts) {
    const paths = files.map(({ path }) => path);
    const own = partName(trimmed, part);
    added.push(summaryOf(await store(own, kindOf(own, paths), files)));
  }
  return { added, notes };
};

export const previewData: EngineApi['previewData'] = async (name) => {
  const data = await requireData(name);
  const preview = await previews[data.kind](data);
  const preset = guessPreset(name);
  return { guess: {}, labels: [], notes: [], ...preview, preset: preset?.id ?? null };
};

type Previewed = Pick<DataPreview, 'columns' | 'rows'> &
  Partial<Pick<DataPreview, 'guess' | 'labels' | 'notes'>>;

const previews: Record<DataKind, (data: StoredData) => Promise<Previewed>> = {
  async table(data) {
    const table = await readTable(tableName(data), data.blob, previewRows);
    const { columns, rows, skipped } = table;
    const { text, text_b, label, choices } = guessColumns(columns);
    const found = label === undefined ? [] : rows.map((row) => row[label] ?? '');
    return {
      columns,
      rows: rows.map(shorten),
      guess: {
        columns: { text, ...(text_b && { text_b }), ...(label && { label }) },
        ...(choices && { kind: 'choices' }),
      },
      labels: [...new Set(found)].filter((value) => value !== '').sort(),
      notes: skipped.map(({ line, why }) => `Line ${line} is left out: ${why}`),
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
    const { images, labels } = await listImages(filesOf(data));
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
  const kind = (['table', 'text', 'images', 'head'] as const).find((each) =>
    paths.length === 1 ? kinds[each].test(only ?? '') || kinds[each].test(name) : false,
  );
  if (kind) return kind;
  throw unsupported(
    `“${name}” is no data that can be read. Give one JSONL, CSV, TSV or TXT file, a zip, a folder of images, or a safetensors file with a head.`,
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
