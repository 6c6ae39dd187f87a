import { bug } from '../errors.ts';
import { blockCodes, type Patch, type PatchEntry } from '../formats/patchFile.ts';
import { decodePositions } from '../formats/positionCodes.ts';
import { widen } from '../tensor/convert.ts';
import { dtypeBits, isMergeable } from '../tensor/dtype.ts';
import {
  tensorBytes,
  type TensorIndex,
  type TensorInfo,
  type TensorReader,
} from '../tensor/tensorIndex.ts';

/** Reads the tensors of a stored checkpoint; `BadFile` when its stored copy is damaged. */
export interface CheckpointReader extends TensorReader {
  /** Of a patch: words [from, to) of its mask over a tensor of the base. */
  maskWords?(name: string, from: number, to: number): Promise<Uint32Array<ArrayBuffer>>;
}

/** The base that a patch lies on. */
interface PatchBase {
  index: TensorIndex;
  reader: TensorReader;
}

/** Reads the base with a patch on it, and the patch's mask; one block of positions is in memory at a time. */
export function patchReader(
  name: string,
  patch: Patch,
  own: TensorReader,
  openBase: () => Promise<PatchBase>,
): CheckpointReader {
  let opened: Promise<PatchBase> | null = null;
  const entries = new Map(patch.entries.map((entry) => [entry.name, entry]));

  const read = async (tensor: TensorInfo, start: number, end: number) => {
    const base = await (opened ??= openBase());
    const entry = entries.get(tensor.name);
    if (!entry) return base.reader.read(baseTensor(name, base, tensor), start, end);
    const size = dtypeBits[tensor.dtype] / 8;
    const [from, to] = [start / size, end / size];
    if (!Number.isInteger(from) || !Number.isInteger(to))
      throw bug(`Bytes ${start} to ${end} of ${tensor.name} cut its elements.`);
    const bytes = await readBase(base, baseTensor(name, base, tensor), tensor, from, to);
    for await (const { positions, first } of positionsIn(own, entry, from, to)) {
      const stored = dtypeBits[entry.dtype] / 8;
      const raw = await own.read(entry.values, first * stored, (first + positions.length) * stored);
      scatter(recast(raw, entry, tensor), positions, bytes, from, size);
    }
    return bytes;
  };

  return {
    read,
    async maskWords(tensor, from, to) {
      const words = new Uint32Array(to - from);
      const entry = entries.get(tensor);
      if (!entry) return words;
      for await (const { positions } of positionsIn(own, entry, 32 * from, 32 * to))
        for (const k of positions) words[(k >>> 5) - from]! |= 1 << (k & 31);
      return words;
    },
  };
}

/** Puts elements of `size` bytes at these positions, counted from `from`. */
function scatter(
  values: Uint8Array<ArrayBuffer>,
  positions: Float64Array,
  into: Uint8Array<ArrayBuffer>,
  from: number,
  size: number,
): void {
  const [source, target] = [wordsOf(values, size), wordsOf(into, size)];
  const words = size / source.BYTES_PER_ELEMENT;
  for (let i = 0; i < positions.length; i++)
    for (let w = 0; w < words; w++)
      target[((positions[i] ?? 0) - from) * words + w] = source[i * words + w]!;
}

/** Bytes as the widest words, of at most 4 bytes, that elements of `size` bytes are made of. */
function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>, size: number) {
  if (size === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (size === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

function baseTensor(patch: string, { index }: PatchBase, { name }: TensorInfo): TensorInfo {
  const found = index.tensors.find((tensor) => tensor.name === name);
  if (!found) throw bug(`The base of ${patch} has no tensor ${name}.`);
  return found;
}

/** Elements [from, to) of the base in the dtype of the patched tensor. */
async function readBase(
  { reader }: PatchBase,
  base: TensorInfo,
  patched: TensorInfo,
  from: number,
  to: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = dtypeBits[base.dtype] / 8;
  return recast(await reader.read(base, from * size, to * size), base, patched);
}

function recast(
  bytes: Uint8Array<ArrayBuffer>,
  { dtype: from }: Pick<TensorInfo, 'dtype'>,
  { name, dtype: to }: Pick<TensorInfo, 'name' | 'dtype'>,
): Uint8Array<ArrayBuffer> {
  if (from === to) return bytes;
  if (isMergeable(from) && (to === 'F32' || to === 'F64')) return widen(bytes, from, to);
  throw bug(`${name} is ${from}, and was asked for as ${to}.`);
}

/** The positions of a patch's tensor in [from, to), block by block; `first` numbers the first of them. */
async function* positionsIn(
  own: TensorReader,
  { positions: codes, blocks }: PatchEntry,
  from: number,
  to: number,
): AsyncGenerator<{ positions: Float64Array; first: number }> {
  const blockBytes = (blockCodes * dtypeBits[codes.dtype]) / 8;
  const after = blocks.findIndex((block) => block.from >= from);
  const start = Math.max(0, (after < 0 ? blocks.length : after) - 1);
  for (const [i, block] of blocks.entries()) {
    if (i < start) continue;
    if (block.from >= to) break;
    const end = Math.min(tensorBytes(codes), (i + 1) * blockBytes);
    const bytes = await own.read(codes, i * blockBytes, end);
    const all = decodePositions(bytes, block.from, codes.dtype).positions;
    const low = countBelow(all, from);
    const positions = all.subarray(low, countBelow(all, to));
    if (positions.length > 0) yield { positions, first: block.first + low };
  }
}

/** Number of ascending values below `limit`. */
function countBelow(values: Float64Array, limit: number): number {
  let count = 0;
  while (count < values.length && values[count]! < limit) count++;
  return count;
}
