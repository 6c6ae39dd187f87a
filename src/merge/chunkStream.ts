import { bug, throwIfCancelled } from '../errors.ts';
import type { Compute, ComputeBuffer, Constants } from '../gpu/compute.ts';
import { inputWords } from '../gpu/kernels/numeric.ts';
import { asBytes, release } from '../tensor/release.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import { chunkBytes, dtypeConstants, readChunk, type ChunkInput } from './chunkInputs.ts';
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

export interface Stage {
  /** In place of `readChunk`; called in chunk order. */
  read?(chunk: Chunk): Promise<ChunkInput[]>;
  /** Enqueues the work on a chunk and its readback. */
  submit(work: ChunkWork): Promise<{ words: Promise<Uint32Array<ArrayBuffer>[]> }>;
  /** Whether inputs keep the bytes that were uploaded until `finish`, and not only their `raw` ones. */
  keepsInputs?: boolean;
  /** Called in chunk order. */
  finish(chunk: Chunk, inputs: ChunkInput[], words: Uint32Array<ArrayBuffer>[]): Promise<void>;
  /** Stores what is finished when the stage is cut off. */
  flush?(): Promise<void>;
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
 * ones being stored.
 */
export async function stream(
  chunks: readonly Chunk[],
  { compute, readers, signal, onProgress }: StreamHost,
  slots: Slot[],
  stage: string,
  doneBefore: number,
  totalBytes: number,
  { read = (chunk) => readChunk(chunk, readers), keepsInputs, submit, finish, flush }: Stage,
): Promise<void> {
  let done = doneBefore;
  let order = Promise.resolve();
  const finished: Promise<void>[] = [];
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
      await Promise.all([slot.done, finished[i - mostWaiting]]);
      const { elements } = chunk;
      inputs.forEach(({ bytes }, row) => compute.write(slot.weights, row * elements * 4, bytes));
      const dtypes = dtypeConstants(...inputs.map(({ dtype }) => dtype));
      const { words } = await submit({
        chunk,
        inputs,
        slot,
        words: Math.ceil(elements / 32),
        dtypes,
      });
      if (!keepsInputs) inputs.forEach(({ bytes }) => release(bytes));
      const previous = order;
      order = Promise.all([words, previous]).then(async ([results]) => {
        await finish(chunk, inputs, results);
        if (keepsInputs) inputs.forEach(({ bytes }) => release(bytes));
        inputs.forEach(({ raw }) => raw && release(raw.bytes));
        done += chunkBytes(chunk);
        onProgress(stage, done, totalBytes, chunk.tensor.tensor.name);
      });
      order.catch(() => undefined);
      finished[i] = order;
      slot.done = words.then(() => undefined);
      slot.done.catch(() => undefined);
    }
    await order;
  } catch (thrown) {
    await order.catch(() => undefined);
    await flush?.();
    throw thrown;
  } finally {
    for (const slot of slots) slot.done = Promise.resolve();
  }
}
