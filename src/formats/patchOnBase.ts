import { badFile, faultsOf, throwIfCancelled } from '../errors.ts';
import { dtypeBits, type DType } from '../tensor/dtype.ts';
import { release } from '../tensor/release.ts';
import {
  countElements,
  tensorBytes,
  type TensorIndex,
  type TensorInfo,
} from '../tensor/tensorIndex.ts';
import { blockCodes, type Patch, type PatchEntry, type PositionBlock } from './patchFile.ts';
import { decodePositions } from './positionCodes.ts';
import { readSlice } from './readSlice.ts';
import type { SourceFile } from './source.ts';

const remedy = 'Save the patch again with Stitchwork.';

/**
 * The tensors of the base with a patch on it, each from byte 0 on, in a dtype that holds the values of both. Throws
 * BadFile when the base has no such tensor, or a smaller one.
 */
export function patchedIndex(
  path: string,
  index: TensorIndex,
  patch: Patch,
  base: TensorIndex,
): TensorIndex {
  const entries = new Map(patch.entries.map((entry) => [entry.name, entry]));
  const tensors = base.tensors.map((tensor): TensorInfo => {
    const entry = entries.get(tensor.name);
    entries.delete(tensor.name);
    const dtype = entry ? jointDtype(tensor.dtype, entry.dtype) : tensor.dtype;
    const elements = countElements(tensor);
    if (entry && entry.kept > elements)
      throw badFile(
        `${path} holds ${entry.kept} positions of ${tensor.name}, which has ${elements} weights in the base. ${remedy}`,
      );
    const { name, shape } = tensor;
    return { name, dtype, shape, file: 0, start: 0, end: tensorBytes({ dtype, shape }) };
  });
  const [stray] = entries.keys();
  if (stray !== undefined)
    throw badFile(
      `${path} holds weights of ${stray}, a tensor that the base does not have. ${remedy}`,
    );
  return { ...index, tensors };
}

function jointDtype(base: DType, values: DType): DType {
  if (base === values) return base;
  return base === 'F64' || values === 'F64' ? 'F64' : 'F32';
}

/**
 * The patch with its blocks, once all positions were read and found to ascend inside their tensors, one for each value; one
 * block is in memory at a time. Throws BadFile, Cancelled.
 */
export async function checkPositions(
  source: SourceFile,
  patch: Patch,
  base: TensorIndex,
  { signal, onProgress }: { signal: AbortSignal; onProgress?: (doneBytes: number) => void },
): Promise<Patch> {
  const sizes = new Map(base.tensors.map((tensor) => [tensor.name, countElements(tensor)]));
  const entries: PatchEntry[] = [];
  let done = 0;
  for (const entry of patch.entries) {
    const { positions: codes, kept, values } = entry;
    const check = ascending(source.path, entry, sizes.get(entry.name) ?? 0);
    const blockBytes = (blockCodes * dtypeBits[codes.dtype]) / 8;
    const blocks: PositionBlock[] = [];
    let [last, first] = [0, 0];
    for (let at = codes.start; at < codes.end; at += blockBytes) {
      throwIfCancelled(signal);
      const end = Math.min(codes.end, at + blockBytes);
      const bytes = await readSlice(source, at, end);
      if (bytes.length !== end - at)
        throw badFile(`${source.path} is shorter than it was. Choose it again.`);
      const decoded = decodePositions(bytes, last, codes.dtype);
      decoded.positions.forEach(check);
      blocks.push({ from: last, first });
      last = decoded.last;
      first += decoded.positions.length;
      onProgress?.((done += bytes.length));
      release(bytes);
    }
    if (first !== kept)
      throw badFile(
        `${source.path}: ${codes.name} holds ${first} positions, and ${values.name} ${kept} values. ${remedy}`,
      );
    entries.push({ ...entry, blocks });
  }
  return { ...patch, entries };
}

/** Takes positions one after another; throws at the first that is not above the last and inside the tensor. */
function ascending(
  path: string,
  { name, positions }: PatchEntry,
  elements: number,
): (position: number) => void {
  const fail = faultsOf(`${path}: ${positions.name}`, remedy);
  let last = -1;
  let number = 0;
  return (position) => {
    number++;
    if (position < 0 || position >= elements)
      throw fail(
        `holds position ${position} as its entry ${number}, outside ${name}, which has ${elements} weights`,
      );
    if (position === last)
      throw fail(`holds position ${position} twice, as its entries ${number - 1} and ${number}`);
    if (position < last)
      throw fail(
        `is not sorted: entry ${number - 1} is position ${last}, and entry ${number} is ${position}`,
      );
    last = position;
  };
}
