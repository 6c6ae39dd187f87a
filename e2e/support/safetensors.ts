/** A safetensors file of vectors in float32. */
export function safetensors(tensors: Readonly<Record<string, readonly number[]>>): Buffer {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, values]) => {
    const data_offsets = [end, (end += 4 * values.length)];
    return [name, { dtype: 'F32', shape: [values.length], data_offsets }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = Buffer.alloc(end);
  Object.values(tensors)
    .flat()
    .forEach((value, i) => data.writeFloatLE(value, 4 * i));
  return Buffer.concat([length, header, data]);
}
