import { readAll } from './db.ts';
import { keysUnder } from './keys.ts';

/** Bytes of a slice unless said otherwise. */
export const defaultSliceBytes = 64 * 2 ** 20;

/** Where the slices of a checkpoint's weight files lie: slice n of a file starts at byte n · sliceBytes. */
export interface StoredCopy {
  id: string;
  sliceBytes: number;
}

/** Slice `number` of weight file `file`: its bytes are [start, end) of the file. */
export interface SliceSpan {
  file: number;
  number: number;
  start: number;
  end: number;
}

/** A slice as stored. */
export interface StoredSlice extends SliceSpan {
  blob: Blob;
}

/** All slices of weight files of these sizes, in order. */
export function sliceSpans(files: readonly { bytes: number }[], sliceBytes: number): SliceSpan[] {
  return files.flatMap(({ bytes }, file) =>
    Array.from({ length: Math.ceil(bytes / sliceBytes) }, (_, number) => ({
      file,
      number,
      start: number * sliceBytes,
      end: Math.min(bytes, (number + 1) * sliceBytes),
    })),
  );
}

/** Tells the slices of a copy apart. */
export const spanName = ({ file, number }: Pick<SliceSpan, 'file' | 'number'>) =>
  `${file}/${number}`;

/** Bytes of these slices. */
export const bytesOf = (slices: readonly SliceSpan[]) =>
  slices.reduce((sum, { start, end }) => sum + end - start, 0);

/** The stored slices of a copy, in order; their blobs are handles, not bytes. */
export function storedSlices(copyId: string): Promise<StoredSlice[]> {
  return readAll<StoredSlice>(keysUnder('slice', copyId));
}
