import { bug } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import type { Chunk } from './chunk.ts';
import { chunkBytes, type ChunkInput } from './chunkInputs.ts';
import { streamChunks, type Allocate, type ChunkStage, type StreamHost } from './chunkStream.ts';
import type { MaskHost } from './maskFilter.ts';
import type { MergePlan } from './plan.ts';
import { allocateSlots } from './slots.ts';
import type { MatrixHost } from './wholeTensors.ts';

/** What the stages of a merge need where they work on chunks. */
export interface StageHost extends MatrixHost, MaskHost {
  /** What is to be known of a merged chunk, from its inputs and the rows of its masks, changed bits last. */
  note?(inputs: readonly ChunkInput[], masks: Uint32Array, chunk: Chunk): unknown;
  /** Ties that each row of masks may still take in a part, where parts are not worked on in order. */
  tiesLeft?(part: number, ties: PartTies): Promise<number[]>;
}

/** Ties of a part by row: how many it has, and how many may be taken if it opens its group or is the first of a pass. */
export interface PartTies {
  has: number[];
  left: readonly number[];
  opens: boolean;
}

/** Where a stage works: its plan, its surroundings, and buffers that live as long as the work. */
export interface StageTools {
  plan: MergePlan;
  host: StageHost;
  allocate: Allocate;
}

/** A stage that can be opened on any thread: its state crosses to it, and what it finds comes back. */
export interface StageKind<State, Found> {
  id: string;
  open(tools: StageTools, state: State): Promise<ChunkStage<Found>>;
}

/** One pass over chunks: what it is called, and who takes what was found, in chunk order. */
export interface StagePass<Found> {
  label: string;
  chunks: readonly Chunk[];
  /** Bytes read of `totalBytes` before it. */
  doneBytes: number;
  totalBytes: number;
  take(chunk: Chunk, found: Found): Promise<void>;
  /** Takes what was gathered over all chunks, once or more. */
  gather?(found: Found): void;
}

/** Carries out passes over the inputs. */
export type RunStage = <State, Found>(
  kind: StageKind<State, Found>,
  state: State,
  pass: StagePass<Found>,
) => Promise<void>;

/** Several threads that carry out passes; each opens stages on its own. */
export interface Crew {
  run<State, Found>(
    kind: StageKind<State, Found>,
    state: State,
    chunks: readonly Chunk[],
    take: StagePass<Found>['take'],
    gather: NonNullable<StagePass<Found>['gather']>,
  ): Promise<void>;
}

/** Carries out `work` with passes that run on this thread, or by a crew; buffers live as long. */
export async function withStages<T>(
  plan: MergePlan,
  host: StageHost & Pick<StreamHost, 'onProgress'> & { crew?: Crew },
  work: (run: RunStage) => Promise<T>,
): Promise<T> {
  const { compute, crew } = host;
  const buffers: ComputeBuffer[] = [];
  const allocate = async (bytes: number) => {
    const buffer = await compute.buffer(bytes);
    buffers.push(buffer);
    return buffer;
  };
  let slots: ReturnType<typeof allocateSlots> | null = null;
  try {
    return await work(async (kind, state, { label, chunks, doneBytes, totalBytes, ...pass }) => {
      let done = doneBytes;
      const take: typeof pass.take = async (chunk, found) => {
        await pass.take(chunk, found);
        done += chunkBytes(chunk);
        host.onProgress(label, done, totalBytes, chunk.tensor.tensor.name);
      };
      const gather = pass.gather ?? (() => undefined);
      if (crew) return crew.run(kind, state, chunks, take, gather);
      const stage = await kind.open({ plan, host, allocate }, state);
      slots ??= allocateSlots(plan, compute, allocate);
      await streamChunks(chunks, host, await slots, stage, take);
      if (stage.gathered) gather(await stage.gathered());
    });
  } finally {
    buffers.forEach((buffer) => compute.free(buffer));
  }
}

/** The first of a stage's buffers read back; throws Bug where there is none. */
export function only(words: readonly Uint32Array<ArrayBuffer>[]): Uint32Array<ArrayBuffer> {
  const [first] = words;
  if (!first) throw bug('A chunk came back empty.');
  return first;
}
