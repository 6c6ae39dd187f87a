import { bug, throwIfCancelled } from '../errors.ts';
import type { Compute, ComputeBuffer, Constants } from '../gpu/compute.ts';
import { inputWords } from '../gpu/kernels/numeric.ts';
import { asBytes, release } from '../tensor/release.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import { dtypeConstants, readChunk, type ChunkInput } from './chunkInputs.ts';
import type { Chunk } from './chunk.ts';

export interface Slot {
  weights: ComputeBuffer;
  /** Inputs with the shares and factors of their terms. */
  inputs: ComputeBuffer;
  /** Inputs with the thresholds of rows of masks. */
  keys: ComputeBuffer;
  /** Rows of masks: the models', then those that filters need. */
  masks: ComputeBuffer;
  ties: ComputeBuffer;
  out: ComputeBuffer;
  changed: ComputeBuffer;
  /** Settles when the slot may be written again. */
  done: Promise<void>;
}

/** What a stage needs of its surroundings. */
export interface StreamHost {
  compute: Compute;
  /** Of the base, then of each model in the order of the plan. */
  readers: readonly TensorReader[];
  signal: AbortSignal;
  onProgress(stage: string, doneBytes: number, totalBytes: number, tensor: string): void;
}

/** A chunk whose inputs are in their slot. */
export interface ChunkWork {
  chunk: Chunk;
  inputs: readonly ChunkInput[];
  slot: Slot;
  /** Words of a row of masks. */
  words: number;
  /** The constants that name the dtypes of the inputs. */
  dtypes: Constants;
}

/** The first `bytes` of a buffer. */
export interface BufferRange {
  buffer: ComputeBuffer;
  bytes: number;
}

/** What a pass over the inputs does with each chunk, where its inputs are in memory. */
export interface ChunkStage<Found> {
  /** In place of `readChunk`; called in chunk order. */
  read?(chunk: Chunk): Promise<ChunkInput[]>;
  /** Enqueues the work on a chunk, and names what is to be read back. */
  submit(work: ChunkWork): Promise<readonly BufferRange[]>;
  /** Whether `digest` wants the bytes of inputs that were uploaded, and not only their `raw` ones. */
  keepsInputs?: boolean;
  /** What was found; the words are lost when it returns. Called in chunk order. */
  digest(work: ChunkWork, words: readonly Uint32Array<ArrayBuffer>[]): Found;
  /** What it gathered over all its chunks. */
  gathered?(): Promise<Found>;
}

/** Gives a buffer that lives as long as the run. */
export type Allocate = (bytes: number) => Promise<ComputeBuffer>;

/** Two words that a kernel reads beside a model's weights. */
export interface TableRow {
  model: number;
  words: readonly [number, number];
}

/** Writes a table by which kernels find the inputs of a chunk: the base, then one model per row, then `pairs` of models. */
export function writeTable(
  compute: Compute,
  buffer: ComputeBuffer,
  elements: number,
  inputs: readonly ChunkInput[],
  rows: readonly TableRow[],
  pairs: readonly number[] = [],
): void {
  const table = new Uint32Array((rows.length + 1) * inputWords + pairs.length);
  table.set(pairs, (rows.length + 1) * inputWords);
  [{ model: -1, words: [0, 0] }, ...rows].forEach(({ model, words }, row) => {
    const dtype = inputs[model + 1]?.dtype ?? 0;
    table.set([(model + 1) * elements, dtype, ...words], row * inputWords);
  });
  compute.write(buffer, 0, asBytes(table));
}

/** Chunks that are read ahead, and those whose results may wait to be stored. */
const [mostAhead, mostWaiting] = [1, 2];

/**
 * Takes chunks through a stage in order, with the next ones being read, as many on the GPU as there are slots, and the last
 * ones being taken.
 */
export async function streamChunks<Found>(
  chunks: readonly Chunk[],
  { compute, readers, signal }: Pick<StreamHost, 'compute' | 'readers' | 'signal'>,
  slots: readonly Slot[],
  stage: ChunkStage<Found>,
  take: (chunk: Chunk, found: Found) => Promise<void>,
): Promise<void> {
  const { read = (chunk) => readChunk(chunk, readers), keepsInputs } = stage;
  let order = Promise.resolve();
  const taken: Promise<void>[] = [];
  const loading: Promise<ChunkInput[]>[] = [];
  let next = 0;
  const load = (upTo: number) => {
    for (const chunk of chunks.slice(next, upTo)) {
      const inputs = read(chunk);
      inputs.catch(() => undefined);
      loading.push(inputs);
    }
    next = Math.max(next, upTo);
  };
  try {
    for (const [i, chunk] of chunks.entries()) {
      throwIfCancelled(signal);
      load(i + 1);
      const inputs = (await loading.shift()) ?? [];
      load(i + 1 + mostAhead);
      const slot = slots[i % slots.length];
      if (!slot) throw bug('No slot was allocated.');
      await Promise.all([slot.done, taken[i - mostWaiting]]);
      const work = workOn(chunk, inputs, slot, compute);
      const ranges = await stage.submit(work);
      const words = compute.view(ranges);
      if (!keepsInputs) inputs.forEach(({ bytes }) => release(bytes));
      const found = words.then((read) => {
        const result = stage.digest(work, read);
        if (keepsInputs) inputs.forEach(({ bytes }) => release(bytes));
        inputs.forEach(({ raw }) => raw && release(raw.bytes));
        if (compute.device) read.forEach((own) => release(own));
        return result;
      });
      order = Promise.all([found, order]).then(([result]) => take(chunk, result));
      order.catch(() => undefined);
      taken[i] = order;
      slot.done = found.then(() => undefined);
      slot.done.catch(() => undefined);
    }
    await order;
  } catch (thrown) {
    await order.catch(() => undefined);
    throw thrown;
  } finally {
    for (const slot of slots) slot.done = Promise.resolve();
  }
}

/** Writes the inputs of a chunk into a slot. */
function workOn(
  chunk: Chunk,
  inputs: readonly ChunkInput[],
  slot: Slot,
  compute: Compute,
): ChunkWork {
  const { elements } = chunk;
  inputs.forEach(({ bytes }, row) => compute.write(slot.weights, row * elements * 4, bytes));
  const dtypes = dtypeConstants(...inputs.map(({ dtype }) => dtype));
  return { chunk, inputs, slot, words: Math.ceil(elements / 32), dtypes };
}
