import { wordDtypes } from '../gpu/kernels/numeric.ts';
import { fromF32Bits } from '../tensor/convert.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';
import type { ChunkInput } from './chunkInputs.ts';

/** Code of the dtype in which kernels write an output dtype. */
export function kernelDtype(dtype: DType): number {
  return dtype === 'F16' || dtype === 'BF16' ? wordDtypes[dtype] : wordDtypes.F32;
}

/** What the kernels made of a chunk; `masks` is models × words. */
export interface ChunkResult {
  out: Uint32Array;
  masks: Uint32Array;
  changed: Uint32Array;
}

/**
 * Bytes of a chunk in the output dtype. F64 values that were selected, not computed, keep their own 64 bits; `selects`
 * says that a position held by one model is that model's.
 */
export function outputBytes(
  dtype: DType,
  elements: number,
  { out, masks, changed }: ChunkResult,
  inputs: readonly ChunkInput[],
  selects: boolean,
): Uint8Array<ArrayBuffer> {
  const bits = out.subarray(0, elements);
  if (!isMergeable(dtype) || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') {
    const size = dtype === 'F32' ? 4 : 2;
    return new Uint8Array(out.buffer as ArrayBuffer, out.byteOffset, elements * size);
  }
  const bytes = fromF32Bits(dtype, bits);
  if (dtype !== 'F64') return bytes;
  const words = changed.length;
  for (let k = 0; k < elements; k++) {
    const holds = (mask: Uint32Array, word: number) => ((mask[word] ?? 0) >>> (k & 31)) & 1;
    const owners = inputs
      .slice(1)
      .flatMap((_, m) => (holds(masks, m * words + (k >>> 5)) ? m : []));
    const [owner] = owners;
    let source: ChunkInput | undefined;
    if (selects && owners.length === 1 && owner !== undefined) source = inputs[owner + 1];
    else if (!holds(changed, k >>> 5)) source = inputs[0];
    if (source?.raw?.dtype === 'F64') bytes.set(source.raw.bytes.subarray(8 * k, 8 * k + 8), 8 * k);
  }
  return bytes;
}
