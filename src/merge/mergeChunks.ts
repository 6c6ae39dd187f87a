import { bug } from '../errors.ts';
import type { Constants } from '../gpu/compute.ts';
import { combine } from '../gpu/kernels/combine.ts';
import type { Threshold } from '../scope/threshold.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes, release } from '../tensor/release.ts';
import { chunkBytes, dtypeConstants, type ChunkInput } from './chunkInputs.ts';
import type { ChunkMasker } from './chunkMasks.ts';
import type { MaskHost } from './maskFilter.ts';
import { kernelDtype, outputBytes } from './chunkOutput.ts';
import { stream, writeTable, type ChunkWork, type Slot, type TableRow } from './chunkStream.ts';
import { createFactors } from './factors.ts';
import { clock, type MergeJournal } from './journal.ts';
import type { MergePlan } from './plan.ts';
import type { Chunk } from './chunk.ts';
import type { PlannedTensor } from './preflight.ts';
import { createChunkReader, isWhole, type MatrixHost } from './wholeTensors.ts';

/** Output bytes of a chunk; for a merged one also its mask words: one row per model, then the changed bits. */
export interface MergePart {
  number: number;
  out: Uint8Array<ArrayBuffer>;
  mask: Uint8Array<ArrayBuffer> | null;
  /** What the host measured of it. */
  products?: Float64Array;
}

export interface MergeHost extends MatrixHost, MaskHost {
  /** Measures a merged chunk while its inputs, and the rows of its masks, are in memory. */
  measure?(inputs: readonly ChunkInput[], masks: Uint32Array): Float64Array;
  /** Stores parts and journal together or not at all. */
  save(parts: MergePart[], journal: MergeJournal): Promise<void>;
}

const flushBytes = 8 * 2 ** 20;

/** Writes every chunk of the output, saving parts with the journal that counts them. */
export async function mergeChunks(
  plan: MergePlan,
  host: MergeHost,
  slots: Slot[],
  journal: MergeJournal,
  masker: ChunkMasker,
): Promise<MergeJournal> {
  const started = performance.now();
  const outputs = new Map(plan.outputs.map((output) => [output.planned, output.dtype]));
  const dtypeOf = ({ tensor }: Chunk) => outputs.get(tensor) ?? tensor.tensor.dtype;
  const all = plan.chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const rest = plan.chunks.slice(journal.nextChunk);
  const restBytes = rest.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const by: CombineBy = {
    masker,
    factors: createFactors(plan, journal.weights),
    thresholds: journal.thresholds ?? [],
  };
  const { DELTA = 0, USE_MASKS = 1 } = plan.method.constants;
  const selects = DELTA === 0 && USE_MASKS === 1;
  let state = journal;
  let pending: MergePart[] = [];
  const flush = async () => {
    if (pending.length === 0) return;
    const parts = pending;
    pending = [];
    await host.save(parts, clock(state, 'merge', started, journal));
  };
  masker.restart(journal.ties);

  await stream(rest, host, slots, 'Merging', all - restBytes, all, {
    read: createChunkReader(plan, host),
    keepsInputs: host.measure !== undefined,
    async submit(work) {
      const { chunk, slot, words } = work;
      const dtype = kernelDtype(dtypeOf(chunk));
      await combineChunk(plan, host, work, by, dtype);
      const rows = chunk.tensor.fate === 'merged' ? plan.models : 0;
      return {
        words: host.compute.read([
          { buffer: slot.out, bytes: dtype === 0 ? chunk.elements * 4 : words * 64 },
          { buffer: slot.masks, bytes: rows * words * 4 },
          { buffer: slot.changed, bytes: words * 4 },
          { buffer: masker.remaining, bytes: journal.ties.length * 4 },
        ]),
      };
    },
    async finish(chunk, inputs, [out, masks, changed, ties]) {
      if (!out || !masks || !changed || !ties) throw bug('A chunk came back empty.');
      const raw = { out, masks, changed };
      const { bytes, changed: bits } = outputBytes(
        dtypeOf(chunk),
        chunk.elements,
        raw,
        inputs,
        selects,
      );
      const mask = chunk.tensor.fate === 'merged' ? joinWords(masks, bits) : null;
      const products = mask ? host.measure?.(inputs, masks) : undefined;
      pending.push({ number: chunk.part, out: bytes, mask, ...(products && { products }) });
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

/** What the chunks of a run are combined by. */
interface CombineBy {
  masker: ChunkMasker;
  factors: (tensor: PlannedTensor) => TableRow[];
  thresholds: readonly Threshold[];
}

/** Enqueues a chunk's masks and merged weights; `dtype` is the code in which the kernel writes. */
async function combineChunk(
  plan: MergePlan,
  { compute }: MergeHost,
  work: ChunkWork,
  { masker, factors, thresholds }: CombineBy,
  dtype: number,
): Promise<void> {
  const { chunk, inputs, slot, words } = work;
  const whole = isWhole(plan, chunk.tensor);
  const models = whole ? mergedAlone(plan) : inputs.length > 1 ? factors(chunk.tensor) : [];
  writeTable(compute, slot.inputs, chunk.elements, inputs, models, plan.pairs);
  const [values = {}] = models.length > 0 ? plan.values(chunk.tensor) : [];
  const { lambda = 1, normalize } = values;
  await masker.fill(work, thresholds);
  await compute.dispatch({
    kernel: combine,
    constants: {
      ...(models.length === 0 ? {} : whole ? keepsOne : plan.method.constants),
      ...(normalize !== undefined && { NORMALIZE: normalize }),
      ...dtypeConstants(...inputs.map((input) => input.dtype), dtype),
    },
    buffers: [slot.weights, slot.inputs, slot.masks, slot.out, slot.changed],
    params: new Uint32Array([
      ...[chunk.elements, words, models.length, dtype],
      ...[floatBits(lambda), 0, 0, 0],
    ]),
    threads: words,
  });
}

/** Constants by which a single model's weights are taken as they are. */
const keepsOne: Constants = { DELTA: 0, USE_MASKS: 0 };

/** The table in which weights that were merged whole, after those of the models, stand for all of them. */
function mergedAlone({ models }: MergePlan): TableRow[] {
  const one = floatBits(1);
  return [{ model: models, words: [one, one] }];
}

function joinWords(a: Uint32Array, b: Uint32Array): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(a.length + b.length);
  words.set(a);
  words.set(b, a.length);
  return asBytes(words);
}
