import { createBreathe } from '../breathe.ts';
import { badFile, bug } from '../errors.ts';
import { wordDtypes } from '../gpu/kernels/numeric.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { inputFloats, readChunk, type ChunkInput } from './chunkInputs.ts';
import type { StreamHost } from './chunkStream.ts';
import type { Chunk } from './chunk.ts';
import type { MatrixInput } from './matrix/matrixTask.ts';
import { slabElements } from './matrix/slabs.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/** What tensors that are merged whole need of their surroundings. */
export interface MatrixHost extends Pick<StreamHost, 'readers' | 'signal'> {
  /** tfjs, where there is a GPU for it. */
  tensors?(): Promise<Tensors>;
  /** Merges a matrix by the plan's method beside this thread, several at a time; takes its task vectors. Absent: all is done here. */
  mergeBeside?(matrix: MatrixInput): Promise<Float64Array | Float32Array>;
  /** Settles when messages that waited were heard. */
  resumed?(): Promise<void>;
}

/** Most bytes that a matrix may need in memory. */
export const mostMatrixBytes = 2 ** 30;

/** Most bytes that matrices may need which are merged ahead, and fewest for which that is worth a worker's start. */
const mostBytesAhead = 3 * 2 ** 27;
const leastBytesBeside = 2 ** 22;

/**
 * Bytes for a matrix of e elements, s on its short side: the tensors of base and models, their task vectors and the result in
 * f32; slabs of it, and a dozen matrices of s² elements, in f64. Of embeddings, which are long, the models' number decides.
 */
export function matrixBytes([rows = 0, columns = 0]: readonly number[], models: number): number {
  const elements = rows * columns;
  const slabs = 4 * Math.min(elements, slabElements);
  return 4 * elements * (2 * models + 2) + 8 * (slabs + 12 * Math.min(rows, columns) ** 2);
}

/** Whether the method merges this tensor as a whole matrix; others get the mean of the task vectors. */
export function isWhole(plan: MergePlan, planned: PlannedTensor): boolean {
  return isMatrix(plan, planned) && bytesOf(plan, planned) <= mostMatrixBytes;
}

/** The matrices that are too large to be merged whole. */
export function oversized(plan: MergePlan): TensorInfo[] {
  return plan.outputs
    .filter(({ planned }) => isMatrix(plan, planned) && !isWhole(plan, planned))
    .map(({ planned }) => planned.tensor);
}

function bytesOf({ method, models }: MergePlan, { tensor: { shape } }: PlannedTensor): number {
  return matrixBytes(shape, models) + (method.matrixBytes?.(shape) ?? 0);
}

function isMatrix({ method }: MergePlan, { tensor, fate }: PlannedTensor): boolean {
  return method.matrix !== undefined && fate === 'merged' && tensor.shape.length === 2;
}

/**
 * Reads chunks like `readChunk`, and where the method takes tensors whole adds an input: θ_pre + λ·merged τ as f32. The inputs of
 * such a tensor are read before its first chunk, each once, and kept until their own chunk is asked for.
 */
export function createChunkReader(
  plan: MergePlan,
  host: MatrixHost,
): (chunk: Chunk) => Promise<ChunkInput[]> {
  const wholes = [...new Set(plan.chunks.map(({ tensor }) => tensor))].filter((tensor) =>
    isWhole(plan, tensor),
  );
  const begun = new Map<PlannedTensor, Promise<Map<number, ChunkInput[]>>>();
  /** Begins a tensor, and of those after it as many as there is memory for; those before it are done. */
  const begin = (from: number) => {
    wholes.slice(0, from).forEach((done) => begun.delete(done));
    let ahead = 0;
    for (const tensor of wholes.slice(from)) {
      if (tensor !== wholes[from]) {
        ahead += bytesOf(plan, tensor);
        if (!beside(plan, host, tensor) || ahead > mostBytesAhead) break;
      }
      if (begun.has(tensor)) continue;
      const merging = mergeWhole(plan, host, tensor);
      merging.catch(() => undefined);
      begun.set(tensor, merging);
    }
  };
  return async (chunk) => {
    const at = wholes.indexOf(chunk.tensor);
    if (at < 0) return readChunk(chunk, host.readers);
    begin(at);
    const merged = await begun.get(chunk.tensor);
    const inputs = merged?.get(chunk.part);
    if (!merged || !inputs) throw bug(`Part ${chunk.part} was read twice.`);
    merged.delete(chunk.part);
    return inputs;
  };
}

/** What merges this matrix beside this thread, where that is worth it and the method does not go to tfjs. */
function beside(
  plan: MergePlan,
  { mergeBeside, tensors }: MatrixHost,
  tensor: PlannedTensor,
): MatrixHost['mergeBeside'] {
  const small = bytesOf(plan, tensor) < leastBytesBeside;
  return small || (plan.method.usesTensors && tensors) ? undefined : mergeBeside;
}

/** The inputs of a tensor's chunks by part, the merged weights last. */
async function mergeWhole(
  plan: MergePlan,
  host: MatrixHost,
  tensor: PlannedTensor,
): Promise<Map<number, ChunkInput[]>> {
  const chunks = plan.chunks.filter((chunk) => chunk.tensor === tensor);
  const inputs: ChunkInput[][] = [];
  for (const chunk of chunks) inputs.push(await readChunk(chunk, host.readers));
  const merged = await mergeMatrix(plan, host, tensor, inputs);
  if (!merged?.every(isFinite))
    throw badFile(
      `${plan.method.label} of ${tensor.tensor.name} is beyond the range of float32. Leave the tensor out of the scope.`,
    );
  const { lambda = 1 } = plan.values(tensor)[0] ?? {};
  return new Map(
    chunks.map(({ part, start, elements }, i) => {
      const row = inputs[i] ?? [];
      const base = inputFloats(row[0]!);
      const changes = merged.subarray(start, start + elements);
      return [part, [...row, weightsInput(base, changes, lambda)]];
    }),
  );
}

/** The merged task vector of a tensor, given the inputs of all its chunks. */
async function mergeMatrix(
  plan: MergePlan,
  host: MatrixHost,
  tensor: PlannedTensor,
  inputs: readonly ChunkInput[][],
): Promise<Float64Array | Float32Array | undefined> {
  const { models, method } = plan;
  const [rows = 0, columns = 0] = tensor.tensor.shape;
  const parameters = plan.values(tensor)[0] ?? {};
  const tau = (model: number) => taskVector(rows * columns, inputs, model, tensor);
  const mergeBeside = beside(plan, host, tensor);
  if (mergeBeside) {
    const taskVectors = Array.from({ length: models }, (_, model) => tau(model));
    return mergeBeside({ rows, columns, parameters, taskVectors });
  }
  return method.matrix?.({
    rows,
    columns,
    models,
    parameters,
    taskVector: tau,
    ...(host.tensors && { tensors: host.tensors }),
    breathe: createBreathe(host.signal, host.resumed),
  });
}

/** Base weights plus λ·changes, in f32; where nothing changes the base keeps its bits. */
function weightsInput(
  base: Float32Array<ArrayBuffer>,
  changes: ArrayLike<number>,
  lambda: number,
): ChunkInput {
  const scale = Math.fround(lambda);
  base.forEach((x, k) => {
    const change = Math.fround(scale * Math.fround(changes[k]!));
    if (change !== 0) base[k] = x + change;
  });
  return { dtype: wordDtypes.F32, bytes: new Uint8Array(base.buffer), raw: null };
}

function taskVector(
  elements: number,
  inputs: readonly ChunkInput[][],
  model: number,
  { tensor, models }: PlannedTensor,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(elements);
  let at = 0;
  for (const row of inputs) {
    const base = inputFloats(row[0]!);
    inputFloats(row[model + 1]!).forEach((x, k) => (out[at + k] = x - base[k]!));
    at += base.length;
  }
  const odd = out.findIndex((x) => !isFinite(x));
  if (odd >= 0)
    throw badFile(
      `The task vector of ${models[model]?.name ?? tensor.name} is not finite in model ${model + 1} (element ${odd}), and a matrix with NaN or infinite values has no singular values. Leave ${tensor.name} out of the scope, or this model out of the merge.`,
    );
  return out;
}
