import { patchForms, patchKeys } from '../formats/patchFile.ts';
import {
  countCodes,
  encodePositions,
  positionDTypes,
  positionPart,
  type PositionDType,
} from '../formats/positionCodes.ts';
import { bug, unsupported } from '../errors.ts';
import { dtypeBits, type DType } from '../tensor/dtype.ts';
import { composePieces, type ComposedFile, type Piece } from './outputFiles.ts';

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
  /** Localizer, density and the rest as JSON. */
  settings: string;
  /** Of Stitchwork. */
  version: string;
}

const mostIndex = 2 ** 31;

/**
 * A mask with its values as a safetensors file: for each tensor that holds any, its ascending flat positions, as they are
 * (`<name>.indices`, I32) or where that is smaller as gaps (`<name>.gaps`, U8 or U16), and `<name>.values` (θ_ft there, bit
 * for bit). One chunk is in memory at a time. Throws Bug when a tensor holds another number of positions than it says.
 */
export async function composePatch(
  name: string,
  tensors: readonly PatchTensor[],
  { base, task, settings, version }: PatchFacts,
): Promise<ComposedFile> {
  const held = tensors.filter(({ kept }) => kept > 0);
  const large = held.find(({ elements }) => elements > mostIndex);
  if (large)
    throw unsupported(
      `${large.name} has ${large.elements} weights, more than the 2,147,483,648 that a patch can number. Save the merged file.`,
    );
  const pieces = [];
  for (const tensor of held) pieces.push(...(await gather(tensor)));
  const form = pieces.some(({ name }) => name.endsWith('.gaps')) ? 'gaps' : 'indices';
  return composePieces(name, pieces, {
    format: 'pt',
    [patchKeys.form]: patchForms[form],
    [patchKeys.base]: base,
    [patchKeys.task]: task,
    [patchKeys.settings]: settings,
    [patchKeys.version]: version,
  });
}

/** A tensor's positions and values. */
async function gather({ name, dtype, kept, chunks }: PatchTensor): Promise<[Piece, Piece]> {
  const indices: Blob[] = [];
  const values: Blob[] = [];
  const counts = new Map<PositionDType, number>(positionDTypes.map((each) => [each, 0]));
  let [count, last] = [0, 0];
  for (const { start, elements, open } of chunks) {
    const { words, values: bytes } = await open();
    const taken = takeKept(words, bytes, dtypeBits[dtype] / 8, start, elements);
    for (const [each, before] of counts)
      counts.set(each, before + countCodes(taken.indices, last, each));
    count += taken.indices.length;
    last = taken.indices.at(-1) ?? last;
    indices.push(new Blob([taken.indices]));
    values.push(new Blob([taken.values]));
  }
  if (count !== kept) throw bug(`The mask holds ${count} positions of ${name}, not ${kept}.`);
  const positions = await encodeSmallest(indices, counts);
  return [
    { name: `${name}.${positionPart(positions.dtype)}`, ...positions },
    { name: `${name}.values`, dtype, shape: [kept], blob: new Blob(values) },
  ];
}

const bytesOf = ([dtype, codes]: [PositionDType, number]) => codes * dtypeBits[dtype];

/** Blobs of ascending positions in the dtype that takes the fewest bytes, `counts` being the numbers each dtype takes. */
async function encodeSmallest(
  indices: readonly Blob[],
  counts: ReadonlyMap<PositionDType, number>,
): Promise<Pick<Piece, 'dtype' | 'shape' | 'blob'> & { dtype: PositionDType }> {
  const [dtype, codes] = [...counts].reduce((a, b) => (bytesOf(b) < bytesOf(a) ? b : a));
  const encoded: Blob[] = [];
  let last = 0;
  for (const blob of indices) {
    const positions = new Int32Array(await blob.arrayBuffer());
    encoded.push(new Blob([encodePositions(positions, last, dtype)]));
    last = positions.at(-1) ?? last;
  }
  return { dtype, shape: [codes], blob: new Blob(encoded) };
}

/** Positions of set bits, counted from the tensor's first element, and their elements of `size` bytes. */
export function takeKept(
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
