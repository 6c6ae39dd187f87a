import { bug } from '../errors.ts';
import type { Constants } from '../gpu/compute.ts';
import { floatsOf, wordDtypes } from '../gpu/kernels/numeric.ts';
import { isConverted, toF32Bits, type ConvertedDType } from '../tensor/convert.ts';
import { dtypeBits } from '../tensor/dtype.ts';
import { readEach } from '../tensor/readEach.ts';
import { asBytes } from '../tensor/release.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import type { Chunk } from './chunk.ts';
import type { PlannedTensor } from './preflight.ts';

/** One checkpoint's elements of a chunk, as kernels read them. */
export interface ChunkInput {
  dtype: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** The stored bytes, where kernels see them converted. */
  raw: { dtype: ConvertedDType; bytes: Uint8Array<ArrayBuffer> } | null;
}

/** Reads a chunk of the base and, when it merges, of every model; of new rows the mean. */
export async function readChunk(
  chunk: Chunk,
  readers: readonly TensorReader[],
): Promise<ChunkInput[]> {
  const { tensor, start, elements, joined } = chunk;
  if (tensor.fate === 'new') return [await readMean(chunk, readers)];
  return Promise.all(
    inputsOf(tensor).map(async (info, i) => {
      const reader = readers[i];
      if (!info || !reader) throw bug(`${tensor.tensor.name} has no input ${i}.`);
      if (joined) return asInput(info, await readAll(reader, joined, i));
      return readElements(reader, info, start, elements);
    }),
  );
}

async function readElements(
  reader: TensorReader,
  info: TensorInfo,
  start: number,
  elements: number,
): Promise<ChunkInput> {
  const size = dtypeBits[info.dtype] / 8;
  return asInput(info, await reader.read(info, start * size, (start + elements) * size));
}

/** The mean of the models that have a chunk's rows, in their shares, rounded once. */
async function readMean(
  { tensor: { models, shares = [] }, start, elements }: Chunk,
  readers: readonly TensorReader[],
): Promise<ChunkInput> {
  const sum = new Float64Array(elements);
  for (const [m, info] of models.entries()) {
    const [reader, share = 0] = [readers[m + 1], shares[m]];
    if (!info || !reader || share === 0) continue;
    const values = inputFloats(await readElements(reader, info, start, elements));
    for (let k = 0; k < elements; k++) sum[k]! += share * values[k]!;
  }
  return { dtype: wordDtypes.F32, bytes: asBytes(Float32Array.from(sum)), raw: null };
}

/** A tensor of the base and, when it merges, its counterparts; of new rows these alone. */
function inputsOf({ tensor, fate, models }: PlannedTensor): (TensorInfo | null | undefined)[] {
  return [fate === 'new' ? null : tensor, ...(fate === 'copied' ? [] : models)];
}

/** Input `i` of chunks that are joined. */
function readAll(
  reader: TensorReader,
  joined: readonly Chunk[],
  i: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = joined.flatMap(({ tensor }) => inputsOf(tensor)[i] ?? []);
  return reader.readAll?.(tensors) ?? readEach(reader, tensors);
}

/** Bytes that `readChunk` reads. */
export function chunkBytes({ tensor, elements }: Chunk): number {
  return inputsOf(tensor).reduce(
    (sum, info) => sum + (info ? (elements * dtypeBits[info.dtype]) / 8 : 0),
    0,
  );
}

/** The elements of an input, in memory of their own. */
export function inputFloats({ dtype, bytes }: ChunkInput): Float32Array<ArrayBuffer> {
  if (dtype === wordDtypes.F32) return new Float32Array(bytes.slice().buffer);
  const elements = bytes.length / 2;
  const words = new Uint32Array(Math.ceil(elements / 2));
  asBytes(words).set(bytes);
  const into = new Float32Array(elements);
  floatsOf(words, Uint32Array.of(0, dtype), 0, [0, elements], into);
  return into;
}

/** The elements of an input, in its own memory where that holds floats. */
export function viewFloats(input: ChunkInput): Float32Array {
  return input.dtype === wordDtypes.F32
    ? new Float32Array(input.bytes.buffer, input.bytes.byteOffset, input.bytes.length / 4)
    : inputFloats(input);
}

/** The constant by which kernels leave out code for dtypes that do not occur. */
export function dtypeConstants(...dtypes: number[]): Constants {
  return { DTYPES: dtypes.reduce((bits, dtype) => bits | (1 << dtype), 0) };
}

function asInput({ name, dtype }: TensorInfo, bytes: Uint8Array<ArrayBuffer>): ChunkInput {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16')
    return { dtype: wordDtypes[dtype], bytes, raw: null };
  if (!isConverted(dtype)) throw bug(`${name} (${dtype}) does not merge.`);
  const words = new Uint8Array(toF32Bits[dtype](bytes).buffer as ArrayBuffer);
  return { dtype: wordDtypes.F32, bytes: words, raw: { dtype, bytes } };
}
