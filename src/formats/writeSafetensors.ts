import { unsupported } from '../errors.ts';
import { dtypeBits, type DType } from '../tensor/dtype.ts';
import { tensorBytes } from '../tensor/tensorIndex.ts';
import { maxHeaderBytes } from './safetensors.ts';

export interface TensorToWrite {
  name: string;
  dtype: DType;
  shape: readonly number[];
}

/** The tensors in the library's order (wide dtypes first, then by name), which keeps every one aligned. */
export function inLibraryOrder<T extends TensorToWrite>(tensors: readonly T[]): T[] {
  const dtypes = Object.keys(dtypeBits);
  const rank = ({ dtype }: T) => dtypeBits[dtype] * dtypes.length + dtypes.indexOf(dtype);
  return [...tensors].sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1));
}

/**
 * The first bytes of a safetensors file whose tensors lie in the order given, padded with spaces to a multiple of 8.
 * Metadata is written first: give `format: "pt"`.
 */
export function writeSafetensorsHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let reached = 0;
  const entries = [`"__metadata__":${JSON.stringify(metadata)}`];
  for (const { name, dtype, shape } of tensors) {
    const offsets = [reached, (reached += tensorBytes({ dtype, shape }))];
    const entry = { dtype, shape, data_offsets: offsets };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeaderBytes) {
    const message = `The header of the file to save takes ${length} bytes, over the format's cap of 100,000,000. Save it in more shards.`;
    throw unsupported(message);
  }
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}
