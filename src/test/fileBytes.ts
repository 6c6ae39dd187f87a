import type { DType } from '../tensor/dtype.ts';
import { dtypeBits } from '../tensor/dtype.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Bytes of a safetensors file with this header text and as many data bytes, for tests. */
export function safetensorsBytes(
  header: string,
  dataBytes = 0,
  headerLength = new TextEncoder().encode(header).length,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(text, 8);
  return bytes;
}

/** A safetensors file of zeros with tensors of these names and shapes, for tests. */
export function safetensorsBlob(shapes: Shapes, dtype: DType = 'F32'): Blob {
  let end = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const start = end;
    end += (shape.reduce((a, b) => a * b, 1) * dtypeBits[dtype]) / 8;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  return new Blob([safetensorsBytes(JSON.stringify(Object.fromEntries(entries)), end)]);
}

/** Whole numbers below `limit` from a seed, by mulberry32, for tests. */
export function seededRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}
