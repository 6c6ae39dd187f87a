import { expose, transfer } from 'comlink';
import { transferErrors } from '../api/errorTransfer.ts';
import { bug } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { showLife } from '../life.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import type { Chunk } from '../merge/chunk.ts';
import { readChunk } from '../merge/chunkInputs.ts';
import { joinedOf } from '../merge/joinChunks.ts';
import { streamChunks, type ChunkStage, type Slot } from '../merge/chunkStream.ts';
import type { PartTies, StageHost, StageKind, StageTools } from '../merge/stage.ts';
import type { MergePlan } from '../merge/plan.ts';
import { allocateSlots } from '../merge/slots.ts';
import { stages } from '../merge/stages.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import type { StoredMask } from '../storage/masks.ts';
import { inputsOf, noteOf } from './mergeHost.ts';
import { planOf } from './planOf.ts';

/** What a worker makes its plan of, and what it reads. */
export interface CrewInput {
  recipe: Recipe;
  checkpoints: StoredCheckpoint[];
  chunkElements: number;
  masks: (StoredMask | null)[];
}

/** A chunk, or a piece of it, by the part of the plan that it lies in; with `parts` as many chunks joined. */
export type Piece = Pick<Chunk, 'part' | 'start' | 'elements'> & { parts?: number };

let plan: MergePlan;
let host: StageHost;
let slots: Slot[];
let stage: ChunkStage<unknown>;
/** Of the stage, until the next is opened. */
let buffers: ComputeBuffer[] = [];
/** The lots begun before are done. */
let before: Promise<unknown> = Promise.resolve();

/** One of several threads that carry out the passes of a merge. */
const worker = {
  async open({ recipe, checkpoints, chunkElements, masks }: CrewInput): Promise<void> {
    await life;
    plan = planOf(recipe, checkpoints, chunkElements);
    const compute = createCpuCompute('');
    const signal = new AbortController().signal;
    host = { ...inputsOf(checkpoints, masks), compute, signal, note: noteOf(plan) };
    slots = await allocateSlots(plan, compute, (bytes) => compute.buffer(bytes));
  },

  /** Opens a stage in the place of the last. */
  async begin(
    id: string,
    state: unknown,
    tiesLeft: (part: number, ties: PartTies) => Promise<number[]>,
  ): Promise<void> {
    const kind = stages.find((each) => each.id === id) as StageKind<unknown, unknown> | undefined;
    if (!kind) throw bug(`There is no stage ${id}.`);
    buffers.forEach((buffer) => host.compute.free(buffer));
    buffers = [];
    const tools: StageTools = { plan, host: { ...host, tiesLeft }, allocate };
    stage = await kind.open(tools, state);
  },

  /** What is found in pieces, in order; their inputs are read while lots begun before are worked on. */
  async work(pieces: readonly Piece[]): Promise<unknown[]> {
    const chunks = pieces.map(({ parts, ...piece }): Chunk =>
      parts
        ? joinedOf(plan.chunks.slice(piece.part, piece.part + parts))
        : { ...plan.chunks[piece.part]!, ...piece },
    );
    const { read = (chunk: Chunk) => readChunk(chunk, host.readers) } = stage;
    const inputs = chunks.map((chunk) => read(chunk));
    for (const each of inputs) each.catch(() => undefined);
    const found: unknown[] = [];
    let at = 0;
    const ready = { ...stage, read: () => inputs[at++]! };
    const working = before.then(() =>
      streamChunks(chunks, host, slots, ready, async (_, each) => {
        found.push(each);
      }),
    );
    before = working.catch(() => undefined);
    await working;
    return transfer(found, buffersOf(found));
  },

  /** What the stage gathered; null where it gathers nothing. */
  async gathered(): Promise<object | null> {
    const found = (await stage.gathered?.()) as object | undefined;
    return found ? transfer(found, buffersOf(found)) : null;
  },
};

export type CrewWorker = typeof worker;

async function allocate(bytes: number) {
  const buffer = await host.compute.buffer(bytes);
  buffers.push(buffer);
  return buffer;
}

/** The buffers behind the arrays in a value of plain objects. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (each: unknown) => {
    if (ArrayBuffer.isView(each)) found.add(each.buffer as ArrayBuffer);
    else if (typeof each === 'object' && each !== null) Object.values(each).forEach(visit);
  };
  visit(value);
  return [...found];
}

transferErrors();
const life = showLife();
expose(worker);
