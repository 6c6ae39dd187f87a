import { readFile } from 'node:fs/promises';
import type { SourceFile } from '../formats/source.ts';
import { goldenJson } from './dataGoldens.ts';

type Rows = Record<string, string>[];

/** What Python's libraries read of the files of data/goldens/tables/, written by scripts/tableGoldens.py. */
export const tableGoldens = goldenJson<{
  rows: Rows;
  pages: Rows;
  images: { label: string; png: string; pixels: number[] }[];
  cr: Rows;
  named: Rows;
  trec: Rows;
}>('tables/expected.json');

/** A file of data/goldens/tables/. */
export async function tableFile(name: string): Promise<SourceFile> {
  return { path: name, blob: new Blob([await tableBytes(name)]) };
}

export async function tableBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(`../data/goldens/tables/${name}`, import.meta.url)));
}

/** A Parquet file with nothing between its pages and its footer, so much that it is read in part. */
export async function stretched(name: string): Promise<Blob> {
  const bytes = await tableBytes(name);
  const end = bytes.length - 8;
  const footer = end - new DataView(bytes.buffer).getUint32(end, true);
  return new Blob([bytes.subarray(0, footer), new Uint8Array(2 ** 26), bytes.subarray(footer)]);
}

/** A blob that counts the bytes read of it. */
export class CountingBlob extends Blob {
  read = 0;

  override slice(start = 0, end = this.size, type?: string): Blob {
    // All of it is the file again, of which nothing is read yet.
    if (start === 0 && end === this.size) return this;
    this.read += Math.min(end, this.size) - start;
    return super.slice(start, end, type);
  }
}
