/** A file for a file input. */
export interface InputFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export type TensorEntry = [
  name: string,
  dtype: string,
  shape: readonly number[],
  start: number,
  end: number,
];

/** A file of these bytes. */
export function file(name: string, bytes: Uint8Array): InputFile {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) };
}

/** A safetensors file of these header entries, which may be wrong, and `dataBytes` bytes of weights. */
export function safetensors(name: string, entries: readonly TensorEntry[], dataBytes: number) {
  const fields = entries.map(
    ([tensor, dtype, shape, start, end]) =>
      `${JSON.stringify(tensor)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`,
  );
  const header = Buffer.from(`{${fields.join(',')}}`);
  return file(name, Buffer.concat([length(header.length), header, Buffer.alloc(dataBytes, 7)]));
}

/** A file whose first 8 bytes state this length of its header. */
export function statingHeader(name: string, headerBytes: number) {
  return file(name, Buffer.concat([length(headerBytes), Buffer.from('{"a":{}}')]));
}

function length(bytes: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(bytes));
  return buffer;
}
