import type { TensorReader } from './tensorIndex.ts';

/** The reader, with the bytes of every read told. */
export function countReads(reader: TensorReader, onRead: (bytes: number) => void): TensorReader {
  return {
    async read(tensor, start, end) {
      const bytes = await reader.read(tensor, start, end);
      onRead(bytes.length);
      return bytes;
    },
  };
}
