import { readF32Range } from '../../models/readF32.ts';
import type { MergePlan } from '../../merge/plan.ts';
import { openParts } from '../../storage/runs.ts';
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
  const partOf = openParts(runId, 'mask');
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
      const length = Math.ceil(chunk.elements / 32);
      const row = await maskRow(await partOf(part), model, length);
      for (let k = from; k < to; k++) {
        const at = k - chunk.start;
        if ((row[at >>> 5]! >>> (at & 31)) & 1) values[k - start] = changed[k - start]!;
      }
    }
    return values;
  };
}

/** The merged model's values: of the run's output parts, or of the base where a tensor was copied. */
export function mergedFloats(plan: MergePlan, runId: string, base: FloatReader): FloatReader {
  const outputs = new Map(plan.outputs.map((output) => [output.planned.tensor.name, output]));
  const partOf = openParts(runId, 'out');
  return async (name, start, end) => {
    const output = outputs.get(name);
    if (!output || output.firstPart === output.endPart) return base(name, start, end);
    const { planned, dtype, firstPart, endPart } = output;
    const size = dtypeBits[dtype] / 8;
    const bytes = countElements(planned.tensor) * size;
    const info: TensorInfo = { ...planned.tensor, dtype, file: 0, start: 0, end: bytes };
    const blobs: Blob[] = [];
    for (let part = firstPart; part < endPart; part++) blobs.push(await partOf(part));
    const whole = new Blob(blobs);
    const reader: TensorReader = {
      read: async (_, a, b) => new Uint8Array(await whole.slice(a, b).arrayBuffer()),
    };
    return readF32Range(reader, info, start, end);
  };
}

/** Words of a model's mask in a part. */
async function maskRow(part: Blob, model: number, length: number): Promise<Uint32Array> {
  const bytes = await part.slice(4 * model * length, 4 * (model + 1) * length).arrayBuffer();
  return new Uint32Array(bytes);
}
