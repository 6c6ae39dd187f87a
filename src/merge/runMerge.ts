import { AppError } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { combine } from '../gpu/kernels/combine.ts';
import { binCount } from '../gpu/kernels/histogram.ts';
import { mask } from '../gpu/kernels/mask.ts';
import { tiebreak } from '../gpu/kernels/tiebreak.ts';
import { floatBits } from '../tensor/float.ts';
import { chunkBytes, dtypeConstants } from './chunkInputs.ts';
import { kernelDtype, outputBytes } from './chunkOutput.ts';
import { allocateSlots, stream, upload, type Slot, type StreamHost } from './chunkStream.ts';
import { nothingToFind, placeGiven, type MaskWords } from './givenMasks.ts';
import { magnitudeThresholds } from './magnitudeThresholds.ts';
import type { MergePlan } from './plan.ts';
import { asBytes, release } from '../tensor/release.ts';
import { nothing, type Threshold } from '../localize/threshold.ts';

/** How far a run has come; a run that goes on from it gives the same bytes as one that was never cut off. */
export interface MergeJournal {
  /** Null until localized. */
  thresholds: Threshold[] | null;
  /** Positions of each model's τ that are NaN or infinite; known where masks go by density. */
  nonFinite: number[];
  nextChunk: number;
  /** Ties each model may still take. */
  ties: number[];
  bytesRead: number;
  bytesWritten: number;
  milliseconds: { localize: number; merge: number };
}

export const freshJournal: MergeJournal = {
  thresholds: null,
  nonFinite: [],
  nextChunk: 0,
  ties: [],
  bytesRead: 0,
  bytesWritten: 0,
  milliseconds: { localize: 0, merge: 0 },
};

/** Output bytes of a chunk; for a merged one also its mask words: one row per model, then the changed bits. */
export interface MergePart {
  number: number;
  out: Uint8Array<ArrayBuffer>;
  mask: Uint8Array<ArrayBuffer> | null;
}

export interface MergeHost extends StreamHost {
  maskWords?: MaskWords;
  /** Stores parts and journal together or not at all. */
  save(parts: MergePart[], journal: MergeJournal): Promise<void>;
}

const flushBytes = 8 * 2 ** 20;

/**
 * Carries out a plan from where `journal` stands, chunk by chunk: peak memory is a few times the bytes of a chunk of all
 * inputs, whatever the models' size. Throws Cancelled, DeviceLost, QuotaFull, BadFile.
 */
export async function runMerge(
  plan: MergePlan,
  host: MergeHost,
  journal: MergeJournal,
): Promise<MergeJournal> {
  const { compute } = host;
  const buffers: ComputeBuffer[] = [];
  const allocate = async (bytes: number) => {
    const buffer = await compute.buffer(bytes);
    buffers.push(buffer);
    return buffer;
  };
  try {
    const slots = await allocateSlots(plan, allocate);
    let state = journal;
    if (plan.method.mask === 'density' && !state.thresholds && plan.masked.every(Boolean))
      state = { ...state, ...nothingToFind(plan) };
    if (plan.method.mask === 'density' && !state.thresholds) {
      const started = performance.now();
      const bins = await allocate(plan.models * binCount * 4);
      const { bytesRead, ...found } = await magnitudeThresholds(plan, host, slots, bins);
      state = {
        ...{ ...state, ...found },
        ties: found.thresholds.map(({ ties }) => ties),
        bytesRead: state.bytesRead + bytesRead,
      };
      state = clock(state, 'localize', started);
      await host.save([], state);
    }
    return await merge(plan, host, slots, state, await allocate(Math.max(1, plan.models) * 4));
  } finally {
    buffers.forEach((buffer) => compute.free(buffer));
  }
}

/** Writes every chunk of the output, saving parts with the journal that counts them. */
async function merge(
  plan: MergePlan,
  host: MergeHost,
  slots: Slot[],
  journal: MergeJournal,
  remaining: ComputeBuffer,
): Promise<MergeJournal> {
  const { compute } = host;
  const { models } = plan;
  const started = performance.now();
  const byDensity = plan.method.mask === 'density';
  const thresholds = journal.thresholds ?? plan.weights.map(() => ({ ...nothing, key: 0 }));
  const keys = thresholds.map(({ key }) => key);
  if (byDensity) compute.write(remaining, 0, asBytes(Uint32Array.from(journal.ties)));
  const all = plan.chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const rest = plan.chunks.slice(journal.nextChunk);
  const restBytes = rest.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const outputs = new Map(plan.outputs.map((output) => [output.planned, output.dtype]));
  let state = journal;
  let pending: MergePart[] = [];
  const flush = async () => {
    if (pending.length === 0) return;
    const parts = pending;
    pending = [];
    await host.save(parts, clock(state, 'merge', started, journal));
  };

  await stream(rest, host, slots, 'Merging', all - restBytes, all, {
    async submit(chunk, inputs, slot) {
      const { tensor, elements } = chunk;
      const rows = inputs.length - 1;
      const words = Math.ceil(elements / 32);
      const dtype = outputs.get(tensor) ?? tensor.tensor.dtype;
      const dtypes = inputs.map((input) => input.dtype);
      upload(compute, slot, elements, inputs, plan, keys);
      await compute.dispatch({
        kernel: mask,
        constants: dtypeConstants(...dtypes),
        buffers: [slot.weights, slot.inputs, slot.masks, slot.ties],
        params: new Uint32Array([elements, words, rows, 0]),
        threads: words,
        rows,
      });
      if (byDensity)
        await compute.dispatch({
          kernel: tiebreak,
          buffers: [slot.ties, slot.masks, remaining],
          params: new Uint32Array([words, 64, rows, 0]),
          threads: 64,
          rows,
        });
      await placeGiven(plan, host, chunk, slot.masks);
      await compute.dispatch({
        kernel: combine,
        constants: {
          ...(rows === 0 ? {} : plan.method.constants),
          ...dtypeConstants(...dtypes, kernelDtype(dtype)),
        },
        buffers: [slot.weights, slot.inputs, slot.masks, slot.out, slot.changed],
        params: new Uint32Array([
          ...[elements, words, rows, kernelDtype(dtype)],
          ...[floatBits(plan.lambda), 0, 0, 0],
        ]),
        threads: words,
      });
      return {
        words: compute.read([
          { buffer: slot.out, bytes: kernelDtype(dtype) === 0 ? elements * 4 : words * 64 },
          { buffer: slot.masks, bytes: rows * words * 4 },
          { buffer: slot.changed, bytes: words * 4 },
          { buffer: remaining, bytes: models * 4 },
        ]),
      };
    },
    async finish(chunk, inputs, [out, masks, changed, ties]) {
      if (!out || !masks || !changed || !ties)
        throw new AppError('Bug', 'A chunk came back empty.');
      const dtype = outputs.get(chunk.tensor) ?? chunk.tensor.tensor.dtype;
      const { DELTA = 0, USE_MASKS = 1 } = plan.method.constants;
      const selects = DELTA === 0 && USE_MASKS === 1;
      const merged = chunk.tensor.fate === 'merged';
      const raw = { out, masks, changed };
      const { bytes, changed: bits } = outputBytes(dtype, chunk.elements, raw, inputs, selects);
      pending.push({
        number: chunk.part,
        out: bytes,
        mask: merged ? joinWords(masks, bits) : null,
      });
      [masks, changed].forEach((words) => release(asBytes(words)));
      state = {
        ...state,
        nextChunk: chunk.part + 1,
        ties: [...ties],
        bytesRead: state.bytesRead + chunkBytes(chunk),
        bytesWritten: state.bytesWritten + bytes.byteLength,
      };
      if (pending.reduce((sum, part) => sum + part.out.byteLength, 0) >= flushBytes) await flush();
    },
    flush,
  });
  await flush();
  return clock(state, 'merge', started, journal);
}

function joinWords(a: Uint32Array, b: Uint32Array): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(a.length + b.length);
  words.set(a);
  words.set(b, a.length);
  return asBytes(words);
}

/** The journal with the time since `started` added to what `before` had. */
function clock(
  journal: MergeJournal,
  stage: 'localize' | 'merge',
  started: number,
  before = journal,
): MergeJournal {
  const spent = before.milliseconds[stage] + performance.now() - started;
  return { ...journal, milliseconds: { ...journal.milliseconds, [stage]: spent } };
}
