import { writeSafetensorsHeader, inLibraryOrder } from '../formats/writeSafetensors.ts';
import { AppError } from '../errors.ts';
import { dtypeBits, type DType } from '../tensor/dtype.ts';
import type { ComposedFile } from './outputFiles.ts';

/** Elements [start, start + elements) of a tensor: bit k of `words` is element start + k, `values` are θ_ft's bytes. */
export interface PatchChunk {
  start: number;
  elements: number;
  open(): Promise<{ words: Uint32Array; values: Uint8Array }>;
}

/** A tensor of the mask: `kept` of its positions are set, over chunks in ascending order. */
export interface PatchTensor {
  name: string;
  /** Of θ_ft. */
  dtype: DType;
  elements: number;
  kept: number;
  chunks: readonly PatchChunk[];
}

/** What a patch says of itself. */
export interface PatchFacts {
  /** Content id of the base that it belongs on. */
  base: string;
  task: string;
  /** Localizer, density and the rest, plain JSON. */
  settings: object;
  /** Of Stitchwork. */
  version: string;
}

/** Number of this form of patches, in their metadata. */
const patchForm = '1';

const mostIndex = 2 ** 31;

/** A patch's metadata, by the names in its file. */
export function patchMetadata({ base, task, settings, version }: PatchFacts) {
  return {
    format: 'pt',
    stitchwork_patch: patchForm,
    stitchwork_base: base,
    stitchwork_task: task,
    stitchwork_settings: JSON.stringify(settings),
    stitchwork_version: version,
  };
}

/**
 * A mask with its values as a safetensors file: for each tensor that holds any, `<name>.indices` (I32, ascending flat
 * positions) and `<name>.values` (θ_ft there, bit for bit). One chunk is in memory at a time. Throws Bug when a tensor
 * holds another number of positions than it says.
 */
export async function composePatch(
  name: string,
  tensors: readonly PatchTensor[],
  facts: PatchFacts,
): Promise<ComposedFile> {
  const held = tensors.filter(({ kept }) => kept > 0);
  const entries = held.flatMap((tensor) => {
    if (tensor.elements > mostIndex)
      throw new AppError(
        'Unsupported',
        `${tensor.name} has ${tensor.elements} weights, more than the 2,147,483,648 that a patch can number. Save the merged file.`,
      );
    const shape = [tensor.kept];
    return [
      { name: `${tensor.name}.indices`, dtype: 'I32' as const, shape, tensor },
      { name: `${tensor.name}.values`, dtype: tensor.dtype, shape, tensor },
    ];
  });
  const pieces = new Map<PatchTensor, { indices: Blob; values: Blob }>();
  for (const tensor of held) pieces.set(tensor, await gather(tensor));
  const ordered = inLibraryOrder(entries);
  const header = writeSafetensorsHeader(ordered, patchMetadata(facts));
  const blobs = ordered.map((entry) => {
    const found = pieces.get(entry.tensor);
    return (entry.name.endsWith('.indices') ? found?.indices : found?.values) ?? new Blob();
  });
  return { name, blob: new Blob([header.bytes, ...blobs]) };
}

async function gather({ name, dtype, kept, chunks }: PatchTensor) {
  const indices: Blob[] = [];
  const values: Blob[] = [];
  let count = 0;
  for (const { start, elements, open } of chunks) {
    const { words, values: bytes } = await open();
    const taken = takeKept(words, bytes, dtypeBits[dtype] / 8, start, elements);
    count += taken.indices.length;
    indices.push(new Blob([taken.indices]));
    values.push(new Blob([taken.values]));
  }
  if (count !== kept)
    throw new AppError('Bug', `The mask holds ${count} positions of ${name}, not ${kept}.`);
  return { indices: new Blob(indices), values: new Blob(values) };
}

/** Positions of set bits, counted from the tensor's first element, and their elements of `size` bytes. */
function takeKept(
  words: Uint32Array,
  bytes: Uint8Array,
  size: number,
  start: number,
  elements: number,
): { indices: Int32Array<ArrayBuffer>; values: Uint8Array<ArrayBuffer> } {
  const set: number[] = [];
  words.forEach((word, w) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      const k = 32 * w + 31 - Math.clz32(rest & -rest);
      if (k < elements) set.push(k);
    }
  });
  const values = new Uint8Array(set.length * size);
  set.forEach((k, i) => values.set(bytes.subarray(k * size, (k + 1) * size), i * size));
  return { indices: Int32Array.from(set, (k) => start + k), values };
}
