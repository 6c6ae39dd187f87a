import { readF32Range } from '../../models/readF32.ts';
import type { MergePlan } from '../../merge/plan.ts';
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

/** A stored checkpoint's values under the base's names; what is not among its tensors is read `otherwise`. */
export function checkpointFloats(
  reader: TensorReader,
  tensors: ReadonlyMap<string, TensorInfo | null>,
  otherwise?: FloatReader,
): FloatReader {
  return async (name, start, end) => {
    const info = tensors.get(name);
    if (info) return readF32Range(reader, info, start, end);
    if (otherwise) return otherwise(name, start, end);
    throw bug(`There is no tensor ${name}.`);
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
  const outputs = new Map(plan.outputs.map((output) => [output.planned.tensor.name, output]));
  const read = readParts(runId, 'mask');
  return async (name, start, end) => {
    const values = await base(name, start, end);
    const output = outputs.get(name);
    if (output?.planned.fate !== 'merged') return values;
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

/** The merged model's values: of the run's output parts, or of the base where a tensor was copied. */
export function mergedFloats(plan: MergePlan, runId: string, base: FloatReader): FloatReader {
  const outputs = new Map(plan.outputs.map((output) => [output.planned.tensor.name, output]));
  const readPart = readParts(runId, 'out');
  return async (name, start, end) => {
    const output = outputs.get(name);
    if (!output || output.firstPart === output.endPart) return base(name, start, end);
    const { planned, dtype, firstPart, endPart } = output;
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
      return joined(pieces);
    };
    return readF32Range({ read }, info, start, end);
  };
}

function joined([first, ...more]: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (first && more.length === 0) return first;
  const pieces = [...(first ? [first] : []), ...more];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
