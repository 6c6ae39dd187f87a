const magic = 0x184d2204;

/**
 * Unpacks an LZ4 frame to `length` bytes (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md); blocks may look back
 * over those before them, and checksums are not looked at. Throws RangeError where it is damaged.
 */
export function unpackLz4Frame(input: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const flags = view.getUint8(4);
  const [hasBlockSums, hasSize, hasDictionary] = [16, 8, 1].map((bit) => (flags & bit) !== 0);
  if (view.getUint32(0, true) !== magic || flags >> 6 !== 1 || hasDictionary)
    throw new RangeError('a buffer is no LZ4 frame');
  const output = new Uint8Array(length);
  let written = 0;
  for (let at = hasSize ? 15 : 7; ;) {
    const told = view.getUint32(at, true);
    if (told === 0) break;
    const size = told & 0x7fffffff;
    const block = input.subarray(at + 4, at + 4 + size);
    if (block.length < size) throw damaged();
    written = told >>> 31 ? put(block, output, written) : unpackBlock(block, output, written);
    at += 4 + size + (hasBlockSums ? 4 : 0);
  }
  if (written < length) throw damaged();
  return output;
}

const damaged = () => new RangeError('a buffer packed by LZ4 is damaged');

/** Puts bytes at a place; where they end. */
function put(bytes: Uint8Array, output: Uint8Array, at: number): number {
  if (at + bytes.length > output.length) throw damaged();
  output.set(bytes, at);
  return at + bytes.length;
}

/** Unpacks a block behind what was written up to `at`; where it ends. */
function unpackBlock(block: Uint8Array, output: Uint8Array, at: number): number {
  let from = 0;
  const byte = () => {
    const value = block[from++];
    if (value === undefined) throw damaged();
    return value;
  };
  const lengthOf = (start: number) => {
    let sum = start;
    if (start === 15)
      for (let more = 255; more === 255;) {
        more = byte();
        sum += more;
      }
    return sum;
  };
  for (;;) {
    const token = byte();
    const literals = lengthOf(token >> 4);
    if (from + literals > block.length) throw damaged();
    at = put(block.subarray(from, from + literals), output, at);
    from += literals;
    // The last sequence has literals alone.
    if (from === block.length) return at;
    const back = byte() | (byte() << 8);
    const end = at + lengthOf(token & 15) + 4;
    if (back === 0 || back > at || end > output.length) throw damaged();
    // Copies may read what they write.
    for (; at < end; at++) output[at] = output[at - back]!;
  }
}
