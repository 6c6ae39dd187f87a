import { wordDtypes } from '../gpu/kernels/numeric.ts';
import { fromF32Bits, isConverted } from '../tensor/convert.ts';
import type { DType } from '../tensor/dtype.ts';
import { asBytes } from '../tensor/release.ts';
import type { ChunkInput } from './chunkInputs.ts';

/** Code of the dtype in which kernels write an output dtype. */
export function kernelDtype(dtype: DType): number {
  return dtype === 'F16' || dtype === 'BF16' ? wordDtypes[dtype] : wordDtypes.F32;
}

/** What the kernels made of a chunk; `masks` is models × words. */
export interface ChunkResult {
  out: Uint32Array<ArrayBuffer>;
  masks: Uint32Array;
  changed: Uint32Array;
}

/**
 * Bytes of a chunk in the output dtype, and its changed bits. F64 values that were selected, not computed, keep their own
 * 64 bits; `selects` says that a position held by one model is that model's.
 */
export function outputBytes(
  dtype: DType,
  elements: number,
  { out, masks, changed }: ChunkResult,
  inputs: readonly ChunkInput[],
  selects: boolean,
): { bytes: Uint8Array<ArrayBuffer>; changed: Uint32Array } {
  if (!isConverted(dtype)) {
    const size = dtype === 'F32' ? 4 : 2;
    return { bytes: asBytes(out).slice(0, elements * size), changed };
  }
  const bytes = fromF32Bits[dtype](out.subarray(0, elements));
  if (dtype === 'F64') keepSelected(bytes, elements, { out, masks, changed }, inputs, selects);
  const base = inputs[0]?.raw?.bytes ?? bytes;
  return { bytes, changed: differingElements(bytes, base, bytes.length / Math.max(1, elements)) };
}

function keepSelected(
  bytes: Uint8Array<ArrayBuffer>,
  elements: number,
  { masks, changed }: ChunkResult,
  inputs: readonly ChunkInput[],
  selects: boolean,
): void {
  const words = changed.length;
  for (let k = 0; k < elements; k++) {
    const holds = (mask: Uint32Array, word: number) => ((mask[word] ?? 0) >>> (k & 31)) & 1;
    const models = inputs.slice(1);
    const owners = models.filter((_, m) => holds(masks, m * words + (k >>> 5)));
    let source: ChunkInput | undefined;
    if (selects && owners.length === 1) source = owners[0];
    else if (!holds(changed, k >>> 5)) source = inputs[0];
    if (source?.raw?.dtype === 'F64') bytes.set(source.raw.bytes.subarray(8 * k, 8 * k + 8), 8 * k);
  }
}

/** Bit k of the words says that elements k, of `size` bytes each, differ. */
function differingElements(a: Uint8Array, b: Uint8Array, size: number): Uint32Array {
  const elements = a.length / size;
  const words = new Uint32Array(Math.ceil(elements / 32));
  for (let i = 0; i < a.length; i++) {
    const k = Math.floor(i / size);
    if (a[i] !== b[i]) words[k >>> 5]! |= 1 << (k & 31);
  }
  return words;
}
