import { createBreathe } from '../breathe.ts';
import { badFile, bug } from '../errors.ts';
import { wordDtypes } from '../gpu/kernels/numeric.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { inputFloats, readChunk, type ChunkInput } from './chunkInputs.ts';
import type { StreamHost } from './chunkStream.ts';
import { lambdaOf } from './factors.ts';
import type { Chunk } from './chunk.ts';
import type { MatrixInput, MergedMatrix } from './matrix/matrixTask.ts';
import { slabElements } from './matrix/slabs.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';

/** What tensors that are merged whole need of their surroundings. */
export interface MatrixHost extends Pick<StreamHost, 'readers' | 'signal'> {
  /** tfjs, where there is a GPU for it. */
  tensors?(): Promise<Tensors>;
  /** Merges a matrix by the plan's method beside this thread, several at a time; takes its task vectors. Absent: all is done here. */
  mergeBeside?(matrix: MatrixInput): Promise<MergedMatrix>;
  /** Settles when messages that waited were heard. */
  resumed?(): Promise<void>;
}

/** Most bytes that a matrix may need in memory. */
export const mostMatrixBytes = 2 ** 30;

/** Most bytes that matrices may need which are merged ahead, and fewest for which that is worth a worker's start. */
export const mostBytesAhead = 3 * 2 ** 27;
const leastBytesBeside = 2 ** 22;

/** Most bytes of inputs that are kept from when a matrix is merged to when it is written; more are read again. */
const mostBytesKept = 2 ** 28;

/**
 * Bytes for a matrix of e elements, s on its short side: the task vectors and the result, as much again for inputs that are
 * kept, all in f32; slabs of it, and a dozen matrices of s² elements, in f64. Of embeddings, which are long, the models' number decides.
 */
export function matrixBytes(shape: readonly number[], models: number): number {
  const [rows = 0, columns = 0] = shape;
  const slabs = 4 * Math.min(rows * columns, slabElements);
  const vectors = inputBytes(shape, models);
  const kept = vectors <= mostBytesKept ? vectors : 0;
  return vectors + kept + 8 * (slabs + 12 * Math.min(rows, columns) ** 2);
}

/** Bytes of a tensor of the base and all models in f32. */
function inputBytes([rows = 0, columns = 0]: readonly number[], models: number): number {
  return 4 * rows * columns * (models + 1);
}

/** How often the chunks of a tensor are read. */
export function timesRead(plan: MergePlan, planned: PlannedTensor): number {
  const large = inputBytes(planned.tensor.shape, plan.models) > mostBytesKept;
  return large && isWhole(plan, planned) ? 2 : 1;
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
 * such a tensor are read before its first chunk, and kept until their own chunk is asked for, or read again then. Adds to `fellBack`
 * the tensors whose singular vectors came the slow way.
 */
export function createChunkReader(
  plan: MergePlan,
  host: MatrixHost,
  fellBack = new Set<PlannedTensor>(),
): (chunk: Chunk) => Promise<ChunkInput[]> {
  const wholes = [...new Set(plan.chunks.map(({ tensor }) => tensor))].filter((tensor) =>
    isWhole(plan, tensor),
  );
  const begun = new Map<PlannedTensor, Promise<WholeTensor>>();
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
    const whole = await begun.get(chunk.tensor);
    if (!whole) throw bug(`Part ${chunk.part} was read twice.`);
    const { changes, kept } = whole;
    if (whole.fellBack) fellBack.add(chunk.tensor);
    const inputs = kept.get(chunk.part) ?? (await readChunk(chunk, host.readers));
    kept.delete(chunk.part);
    const lambda = lambdaOf(plan, plan.values(chunk.tensor)[0]);
    const own = changes.subarray(chunk.start, chunk.start + chunk.elements);
    return [...inputs, weightsInput(inputFloats(inputs[0]!), own, lambda)];
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

/** A tensor that was merged, and the inputs of its chunks by part as far as they are kept. */
interface WholeTensor extends MergedMatrix {
  kept: Map<number, ChunkInput[]>;
}

async function mergeWhole(
  plan: MergePlan,
  host: MatrixHost,
  planned: PlannedTensor,
): Promise<WholeTensor> {
  const { method, models } = plan;
  const { tensor } = planned;
  const [rows = 0, columns = 0] = tensor.shape;
  const kept = new Map<number, ChunkInput[]>();
  const taskVectors = Array.from({ length: models }, () => new Float32Array(rows * columns));
  for (const chunk of plan.chunks.filter((chunk) => chunk.tensor === planned)) {
    const inputs = await readChunk(chunk, host.readers);
    const base = inputFloats(inputs[0]!);
    taskVectors.forEach((tau, model) => subtract(tau, chunk.start, inputs[model + 1]!, base));
    if (timesRead(plan, planned) === 1) kept.set(chunk.part, inputs);
  }
  taskVectors.forEach((tau, model) => refuseOdd(tau, model, planned));
  const matrix = { rows, columns, parameters: plan.values(planned)[0] ?? {} };
  const mergeBeside = beside(plan, host, planned);
  const merged = mergeBeside
    ? await mergeBeside({ ...matrix, taskVectors })
    : await method.matrix?.({
        ...{ ...matrix, models, taskVector: (model) => taskVectors[model]! },
        ...(host.tensors && { tensors: host.tensors }),
        breathe: createBreathe(host.signal, host.resumed),
      });
  if (!merged?.changes.every(isFinite))
    throw badFile(
      `${method.label} of ${tensor.name} is beyond the range of float32. Leave the tensor out of the scope.`,
    );
  return { ...merged, kept };
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

/** Writes θ − θ_pre of a chunk to its place in τ. */
function subtract(tau: Float32Array, start: number, input: ChunkInput, base: Float32Array): void {
  const values = inputFloats(input);
  for (let k = 0; k < values.length; k++) tau[start + k] = values[k]! - base[k]!;
}

function refuseOdd(tau: Float32Array, model: number, { tensor, models }: PlannedTensor): void {
  const odd = tau.findIndex((x) => !isFinite(x));
  if (odd >= 0)
    throw badFile(
      `The task vector of ${models[model]?.name ?? tensor.name} is not finite in model ${model + 1} (element ${odd}), and a matrix with NaN or infinite values has no singular values. Leave ${tensor.name} out of the scope, or this model out of the merge.`,
    );
}
