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

/** A blob that counts the bytes read of it. */
export class CountingBlob extends Blob {
  read = 0;

  override slice(start = 0, end = this.size, type?: string): Blob {
    this.read += Math.min(end, this.size) - start;
    return super.slice(start, end, type);
  }
}
