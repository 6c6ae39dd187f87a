import type { Constants } from '../gpu/compute.ts';
import { combine } from '../gpu/kernels/combine.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes } from '../tensor/release.ts';
import type { DType } from '../tensor/dtype.ts';
import { chunkBytes, dtypeConstants } from './chunkInputs.ts';
import { createChunkMasker } from './chunkMasks.ts';
import { oddCounts, type OddCounts } from './countNonFinite.ts';
import { kernelDtype, outputBytes } from './chunkOutput.ts';
import { writeTable, type TableRow } from './chunkStream.ts';
import { createFactors, lambdaOf } from './factors.ts';
import { clock, type MergeJournal } from './journal.ts';
import { joinChunks, partOfInputs, splitRows } from './joinChunks.ts';
import type { RunStage, StageKind } from './stage.ts';
import type { MergePlan } from './plan.ts';
import type { PlannedTensor } from './preflight.ts';
import type { Chunk } from './chunk.ts';
import { createChunkReader, isWhole, timesRead } from './wholeTensors.ts';

/** Output bytes of a chunk; for a merged one also its mask words: one row per model, then the changed bits. */
export interface MergePart {
  number: number;
  out: Uint8Array<ArrayBuffer>;
  mask: Uint8Array<ArrayBuffer> | null;
  /** What the host noted of it. */
  note?: unknown;
  /** Absent where all is finite. */
  odd?: OddCounts;
}

/** Stores parts and journal together or not at all. */
export type SaveParts = (parts: MergePart[], journal: MergeJournal) => Promise<void>;

/** A merged chunk, the ties that each row of masks may still take after it, and whether its matrix came the slow way. */
interface MergedChunk {
  parts: MergePart[];
  ties: number[];
  fellBack: boolean;
}

const flushBytes = 8 * 2 ** 20;

/** Merges chunks by what the journal says was found of the models. */
export const mergeStage: StageKind<MergeJournal, MergedChunk> = {
  id: 'merge',
  async open(tools, journal) {
    const { plan, host } = tools;
    const { compute } = host;
    const dtypeOf = dtypesOf(plan);
    const factors = createFactors(plan, journal.weights);
    const masker = await createChunkMasker(tools, journal);
    const { DELTA = 0, USE_MASKS = 1 } = plan.method.constants;
    const selects = DELTA === 0 && USE_MASKS === 1;
    const fellBack = new Set<PlannedTensor>();
    const rowsOf = ({ tensor }: Chunk) => (tensor.fate === 'merged' ? plan.models : 0);
    return {
      read: createChunkReader(plan, host, fellBack),
      keepsInputs: host.note !== undefined,
      async submit(work) {
        const { chunk, inputs, slot, words } = work;
        const dtype = kernelDtype(dtypeOf(chunk.tensor));
        const whole = isWhole(plan, chunk.tensor);
        const table = whole ? mergedAlone(plan) : inputs.length > 1 ? factors(chunk.tensor) : [];
        writeTable(compute, slot.inputs, chunk.elements, inputs, table, journal.pairs);
        const [values = {}] = table.length > 0 ? plan.values(chunk.tensor) : [];
        const { normalize } = values;
        await masker.fill(work);
        await compute.dispatch({
          kernel: combine,
          constants: {
            ...(table.length === 0 ? {} : whole ? keepsOne : plan.method.constants),
            ...(normalize !== undefined && { NORMALIZE: normalize }),
            ...dtypeConstants(...inputs.map((input) => input.dtype), dtype),
          },
          buffers: [slot.weights, slot.inputs, slot.masks, slot.out, slot.changed],
          params: new Uint32Array([
            ...[chunk.elements, words, table.length, dtype],
            ...[floatBits(lambdaOf(plan, values)), 0, 0, 0],
          ]),
          threads: words,
        });
        return [
          { buffer: slot.out, bytes: dtype === 0 ? chunk.elements * 4 : words * 64 },
          { buffer: slot.masks, bytes: rowsOf(chunk) * words * 4 },
          { buffer: slot.changed, bytes: words * 4 },
          { buffer: masker.remaining, bytes: journal.ties.length * 4 },
        ];
      },
      digest({ chunk, inputs }, [out, masks, changed, ties]) {
        const raw = { out: out!, masks: masks!, changed: changed! };
        const merged = outputBytes(dtypeOf(chunk.tensor), chunk.elements, raw, inputs, selects);
        const mask = rowsOf(chunk) > 0 ? joinWords(masks!, merged.changed) : null;
        const { joined } = chunk;
        const masksOf = joined && mask ? splitRows(mask, plan.models + 1, joined) : [mask];
        const size = merged.bytes.length / chunk.elements;
        let from = 0;
        const parts = (joined ?? [chunk]).map((own, i): MergePart => {
          const { part, elements } = own;
          const mask = masksOf[i] ?? null;
          const kept = host.note && partOfInputs(inputs, from, elements);
          const note = kept && mask && host.note?.(kept, mask, own);
          const out = merged.bytes.subarray(from * size, (from + elements) * size);
          const read = own.tensor.fate === 'new' ? [] : kept?.slice(0, plan.models + 1);
          const odd = kept && oddCounts(read ?? [], out, dtypeOf(own.tensor));
          from += elements;
          const found = { number: part, out, mask: mask && asBytes(mask) };
          return { ...found, ...(note ? { note } : {}), ...(odd && { odd }) };
        });
        return { parts, ties: [...ties!], fellBack: fellBack.has(chunk.tensor) };
      },
    };
  },
};

/** Writes every chunk of the output that the journal lacks, saving parts with the journal that counts them. */
export async function mergeChunks(
  plan: MergePlan,
  run: RunStage,
  save: SaveParts,
  journal: MergeJournal,
): Promise<MergeJournal> {
  const started = performance.now();
  const bytesOf = (chunks: readonly Chunk[]) =>
    chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const left = plan.chunks.slice(journal.nextChunk);
  const chunks = joinChunks(plan, left, termsOf(plan, journal));
  const totalBytes = bytesOf(plan.chunks);
  let state = journal;
  let pending: MergePart[] = [];
  let pendingBytes = 0;
  const flush = async () => {
    if (pending.length === 0) return;
    const parts = pending;
    [pending, pendingBytes] = [[], 0];
    await save(parts, clock(state, 'merge', started, journal));
  };
  try {
    await run(mergeStage, journal, {
      ...{ label: 'Merging', chunks, doneBytes: totalBytes - bytesOf(chunks), totalBytes },
      async take(chunk, { parts, ties, fellBack }) {
        const bytesWritten = parts.reduce((sum, { out }) => sum + out.byteLength, 0);
        pending.push(...parts);
        pendingBytes += bytesWritten;
        state = {
          ...state,
          nextChunk: chunk.part + parts.length,
          ties,
          bytesRead: state.bytesRead + chunkBytes(chunk) * timesRead(plan, chunk.tensor),
          bytesWritten: state.bytesWritten + bytesWritten,
          ...(fellBack && { fellBack: withName(state.fellBack, chunk.tensor.tensor.name) }),
        };
        if (pendingBytes >= flushBytes) await flush();
      },
    });
  } finally {
    // What is finished is stored as well when the pass is cut off.
    await flush();
  }
  return clock(state, 'merge', started, journal);
}

/** Tells what is done to the terms of a chunk, and in which dtype they come out. */
function termsOf(plan: MergePlan, { weights }: MergeJournal): (chunk: Chunk) => string {
  const factors = createFactors(plan, weights);
  const dtypes = dtypesOf(plan);
  return ({ tensor }) =>
    tensor.fate === 'merged'
      ? JSON.stringify([dtypes(tensor), plan.values(tensor), factors(tensor)])
      : dtypes(tensor);
}

/** The dtypes that tensors come out in. */
function dtypesOf({ outputs }: MergePlan): (tensor: PlannedTensor) => DType {
  const byName = new Map(outputs.map(({ planned, dtype }) => [planned.tensor.name, dtype]));
  return ({ tensor }) => byName.get(tensor.name) ?? tensor.dtype;
}

/** Names, and one more that may be among them. */
function withName(names: readonly string[] = [], name: string): string[] {
  return [...new Set([...names, name])];
}

/** Constants by which a single model's weights are taken as they are. */
const keepsOne: Constants = { DELTA: 0, USE_MASKS: 0 };

/** The table in which weights that were merged whole, after those of the models, stand for all of them. */
function mergedAlone({ models }: MergePlan): TableRow[] {
  const one = floatBits(1);
  return [{ model: models, words: [one, one] }];
}

function joinWords(a: Uint32Array, b: Uint32Array): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(a.length + b.length);
  words.set(a);
  words.set(b, a.length);
  return words;
}
