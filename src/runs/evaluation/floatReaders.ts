import { readF32Range } from '../../models/readF32.ts';
import type { MergePlan, OutputTensor } from '../../merge/plan.ts';
import { readParts } from '../../storage/runs.ts';
import { bug } from '../../errors.ts';
import { dtypeBits } from '../../tensor/dtype.ts';
import { asBytes } from '../../tensor/release.ts';
import { countElements, type TensorInfo, type TensorReader } from '../../tensor/tensorIndex.ts';

/** Values [start, end) of a tensor by its name in the base. */
export type FloatReader = (
  name: string,
  start: number,
  end: number,
) => Promise<Float32Array<ArrayBuffer>>;

/** The values as a reader of float32 tensors of the same names. */
export function asF32Reader(read: FloatReader): TensorReader {
  return {
    async read({ name }, start, end) {
      return asBytes(await read(name, start / 4, end / 4));
    },
  };
}

/** A stored checkpoint's values under the base's names; what is not among its tensors, or beyond them, is read `otherwise`. */
export function checkpointFloats(
  reader: TensorReader,
  tensors: ReadonlyMap<string, TensorInfo | null>,
  otherwise?: FloatReader,
): FloatReader {
  return async (name, start, end) => {
    const info = tensors.get(name);
    const stop = info ? Math.min(end, Math.max(start, countElements(info))) : start;
    const own = info && stop > start ? [await readF32Range(reader, info, start, stop)] : [];
    if (stop === end) return joinedFloats(own);
    if (!otherwise) throw bug(`There is no tensor ${name}, or no value ${stop} of it.`);
    return joinedFloats([...own, await otherwise(name, stop, end)]);
  };
}

/** The base with one model's masked task vector: a position in the mask has the fine-tuned value. */
export function graftFloats(
  plan: MergePlan,
  runId: string,
  model: number,
  base: FloatReader,
  tuned: FloatReader,
): FloatReader {
  const piecesOf = outputPieces(plan);
  const read = readParts(runId, 'mask');
  return async (asked, start, end) => {
    const { name, pieces } = piecesOf(asked);
    const values = await base(name, start, end);
    const output = pieces.find(({ planned }) => planned.fate === 'merged');
    if (!output) return values;
    const changed = await tuned(name, start, end);
    for (let part = output.firstPart; part < output.endPart; part++) {
      const chunk = plan.chunks[part];
      if (!chunk) throw bug(`The plan has no part ${part}.`);
      const from = Math.max(start, chunk.start);
      const to = Math.min(end, chunk.start + chunk.elements);
      if (from >= to) continue;
      const rowBytes = 4 * Math.ceil(chunk.elements / 32);
      const row = await read(part, model * rowBytes, (model + 1) * rowBytes);
      for (let k = from; k < to; k++) {
        const at = k - chunk.start;
        if ((row[at >>> 3]! >>> (at & 7)) & 1) values[k - start] = changed[k - start]!;
      }
    }
    return values;
  };
}

/** The merged model's values: of the run's output parts, or of the base where rows or tensors were copied. */
export function mergedFloats(plan: MergePlan, runId: string, base: FloatReader): FloatReader {
  const piecesOf = outputPieces(plan);
  const readPart = readParts(runId, 'out');
  const readPiece = (
    { planned, dtype, firstPart, endPart }: OutputTensor,
    start: number,
    end: number,
  ) => {
    const size = dtypeBits[dtype] / 8;
    const bytes = countElements(planned.tensor) * size;
    const info: TensorInfo = { ...planned.tensor, dtype, file: 0, start: 0, end: bytes };
    const chunks = plan.chunks.slice(firstPart, endPart);
    const read = async (_: TensorInfo, from: number, to: number) => {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for (const { part, start, elements } of chunks) {
        const first = start * size;
        const [a, b] = [Math.max(from, first), Math.min(to, first + elements * size)];
        if (a < b) pieces.push(await readPart(part, a - first, b - first));
      }
      return joinedBytes(pieces);
    };
    return readF32Range({ read }, info, start, end);
  };
  return async (asked, start, end) => {
    const { name, pieces } = piecesOf(asked);
    const values: Float32Array<ArrayBuffer>[] = [];
    let first = 0;
    for (const piece of pieces) {
      const elements = countElements(piece.planned.tensor);
      const [from, to] = [Math.max(start, first), Math.min(end, first + elements)];
      if (from < to)
        values.push(
          piece.firstPart === piece.endPart
            ? await base(name, from, to)
            : await readPiece(piece, from - first, to - first),
        );
      first += elements;
    }
    return pieces.length > 0 ? joinedFloats(values) : base(name, start, end);
  };
}

/** The tensors of the output by name: the rows of one that go apart, of one that follows another that one. */
function outputPieces({ outputs }: MergePlan) {
  const byName = new Map<string, OutputTensor[]>();
  for (const output of outputs) {
    const { name } = output.planned.tensor;
    byName.set(name, [...(byName.get(name) ?? []), output]);
  }
  return (asked: string) => {
    const name = byName.get(asked)?.[0]?.planned.follows ?? asked;
    return { name, pieces: byName.get(name) ?? [] };
  };
}

const joinedBytes = (pieces: readonly Uint8Array<ArrayBuffer>[]) =>
  joined(pieces, (length) => new Uint8Array(length));

const joinedFloats = (pieces: readonly Float32Array<ArrayBuffer>[]) =>
  joined(pieces, (length) => new Float32Array(length));

function joined<T extends Uint8Array | Float32Array>(
  [first, ...more]: readonly T[],
  make: (length: number) => T,
): T {
  if (first && more.length === 0) return first;
  const pieces = [...(first ? [first] : []), ...more];
  const whole = make(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
