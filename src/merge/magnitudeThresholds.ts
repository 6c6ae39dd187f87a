import { binCount, histogram } from '../gpu/kernels/histogram.ts';
import {
  countNonFinite,
  findBin,
  nothing,
  thresholdOf,
  type BinSearch,
} from '../scope/threshold.ts';
import { floatBits } from '../tensor/float.ts';
import type { Chunk } from './chunk.ts';
import { chunkBytes } from './chunkInputs.ts';
import { constantsOf, tiesOf } from './chunkMasks.ts';
import { writeTable } from './chunkStream.ts';
import { joinChunks } from './joinChunks.ts';
import type { MergeJournal } from './journal.ts';
import { only, type RunStage, type StageKind } from './stage.ts';
import type { MergePlan, Rank } from './plan.ts';

const threadsPerModel = 65_536;

/** High bins around the expected threshold whose low bits are counted along with them. */
const bracketBins = 8;

/** Elements of a scope from which on the threshold is expected by a sample of so many pieces of so many elements. */
const leastSampled = 2 ** 22;
const [samplePieces, pieceElements] = [512, 2048];

/** What keys are counted by: of every group and row the high bits of a bound. */
interface RankState {
  level: 0 | 1;
  bounds: number[][];
  /** High bins from the bound on whose low bits are counted at level 0. */
  bracket: number;
  pairs?: readonly number[];
}

/** Bins of one row from `first` on, all others being 0. */
interface Bins {
  first: number;
  counts: Uint32Array<ArrayBuffer>;
}

/** Counts keys: those of all chunks together where one group is all there is, else chunk by chunk. */
export const rankStage: StageKind<RankState, Bins[]> = {
  id: 'rank',
  async open({ plan, host, allocate }, { level, bounds, bracket, pairs }) {
    const { compute } = host;
    const { groups, models } = plan;
    const constants = constantsOf(plan.method);
    const most = Math.max(models, ...groups.map(({ ranks }) => ranks.length));
    const stride = (1 + bracket) * binCount;
    const bins = await allocate(most * stride * 4);
    const all = { buffer: bins, bytes: bins.bytes };
    const together = groups.length === 1;
    return {
      async submit({ chunk, inputs, slot, dtypes }) {
        const { elements, group } = chunk;
        const ranks = groups[group]?.ranks ?? [];
        const table = ranks.map(({ model }, row) => {
          return { model, words: [bounds[group]?.[row] ?? 0, 0] as const };
        });
        writeTable(compute, slot.keys, elements, inputs, table, pairs);
        const threads = Math.min(Math.ceil(elements / 32), threadsPerModel);
        const rows = level === 0 && bracket === 0 ? models : ranks.length;
        if (!together) compute.clear(bins);
        await compute.dispatch({
          kernel: histogram,
          constants: { ...constants, ...dtypes },
          buffers: [slot.weights, slot.keys, bins],
          params: new Uint32Array([
            ...[elements, level, threads, rows],
            ...[floatBits(1 / rows), 0, bracket, 0],
          ]),
          threads,
          rows,
        });
        // What is read back tells when the chunk is done, and its slot free.
        return [together ? { ...all, bytes: 4 } : all];
      },
      digest: (_, words) => (together ? [] : rowsOf(only(words), stride)),
      async gathered() {
        return together ? rowsOf(only(await compute.view([all])), stride) : [];
      },
    };
  },
};

/** The rows of bins, without the zeros at either end. */
function rowsOf(words: Uint32Array<ArrayBuffer>, stride: number): Bins[] {
  return Array.from({ length: words.length / stride }, (_, row) => {
    const own = words.subarray(row * stride, (row + 1) * stride);
    let [first, end] = [0, stride];
    while (first < end && own[first] === 0) first++;
    while (end > first && own[end - 1] === 0) end--;
    return { first, counts: own.slice(first, end) };
  });
}

/**
 * Finds the threshold of every rank in one pass, where it falls in the bracket that a sample told, else in two: for the high
 * 16 bits of keys, then for the low ones. Tells of each model how many τ are NaN or infinite.
 */
export async function magnitudeThresholds(
  plan: MergePlan,
  run: RunStage,
  pairs: MergeJournal['pairs'],
): Promise<Pick<MergeJournal, 'thresholds' | 'ties' | 'nonFinite' | 'bytesRead'>> {
  const { groups, models } = plan;
  const merged = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const scope = joinChunks(plan, merged);
  let bytesRead = 0;

  /** Counts keys in chunks, and tells the bins of each group when all of it is counted. */
  const count = async (
    state: Omit<RankState, 'pairs'>,
    chunks: readonly Chunk[],
    passes: number,
    counted: (rows: Uint32Array[], group: number) => void,
  ) => {
    const stride = (1 + state.bracket) * binCount;
    let sums: Uint32Array[] = [];
    const add = (bins: readonly Bins[]) =>
      bins.forEach(({ first, counts }, row) => {
        const own = (sums[row] ??= new Uint32Array(stride));
        for (let i = 0; i < counts.length; i++) own[first + i]! += counts[i]!;
      });
    const last = new Set(chunks.filter(({ group }, at) => chunks[at + 1]?.group !== group));
    const bytes = chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
    const totalBytes = bytesRead + passes * bytes;
    await run(
      rankStage,
      { ...state, ...(pairs && { pairs }) },
      {
        ...{ label: 'Localizing', chunks, doneBytes: bytesRead, totalBytes },
        async take(chunk, bins) {
          add(bins);
          if (groups.length === 1 || !last.has(chunk)) return;
          counted(sums, chunk.group);
          sums = [];
        },
        gather: add,
      },
    );
    if (groups.length === 1) counted(sums, 0);
    bytesRead += bytes;
  };

  let bounds: number[][] = [];
  let bracket = 0;
  if (groups.length === 1 && plan.scope >= leastSampled) {
    await count({ level: 0, bounds, bracket }, sampleOf(merged), 1, (sample) => {
      bounds = [expected(sample, plan)];
    });
    bracket = bracketBins;
  }
  const high: (BinSearch | null)[][] = groups.map(() => []);
  const low: Uint32Array[] = [];
  const nonFinite = Array.from({ length: models }, () => 0);
  const expectedBounds = bounds[0] ?? [];
  await count({ level: 0, bounds, bracket }, scope, bracket ? 1 : 2, (rows, group) => {
    const { elements = 0, ranks = [] } = groups[group] ?? {};
    high[group] = ranks.map((rank, row) => binOf(rank, rows[bracket ? row : rank.model], elements));
    if (bracket) low.push(...high[group].flatMap((bin, row) => lowBins(bin, rows, row)));
    for (let m = 0; m < models; m++) nonFinite[m]! += countNonFinite(rows[m] ?? new Uint32Array());
  });
  const thresholds = groups.map(({ ranks }) => ranks.map(() => nothing));
  const refine = (rows: readonly Uint32Array[], group: number) => {
    thresholds[group] = rows.map((own, row) => thresholdOf(high[group]?.[row] ?? null, own));
  };
  if (bracket && low.length === high[0]?.length) refine(low, 0);
  else {
    bounds = high.map((bins) => bins.map((bin) => bin?.bin ?? 0));
    await count({ level: 1, bounds, bracket: 0 }, scope, 1, refine);
  }
  const all = thresholds.flat();
  return { thresholds: all, ties: tiesOf(all, plan, 0), nonFinite, bytesRead };

  /** The bins of the low bits under a high bin, where that lies in the bracket. */
  function lowBins(
    bin: BinSearch | null,
    rows: readonly Uint32Array[],
    row: number,
  ): Uint32Array[] {
    const at = bin ? bin.bin - (expectedBounds[row] ?? 0) : 0;
    if (at < 0 || at >= bracketBins) return [];
    return [rows[row]!.subarray((1 + at) * binCount, (2 + at) * binCount)];
  }
}

/** The high bin in which the threshold of a rank falls. */
function binOf(
  { count, share }: Rank,
  bins: Uint32Array = new Uint32Array(),
  elements: number,
): BinSearch | null {
  const differing = elements - (bins[0] ?? 0);
  return findBin(bins, share === undefined ? count : Math.floor(share * differing));
}

/** Pieces of chunks, evenly over all of them. */
function sampleOf(chunks: readonly Chunk[]): Chunk[] {
  const all = chunks.reduce((sum, { elements }) => sum + elements, 0);
  const step = all / samplePieces;
  const pieces: Chunk[] = [];
  let before = 0;
  for (const chunk of chunks) {
    const first = Math.ceil(before / step - 0.5);
    for (let i = first; (i + 0.5) * step < before + chunk.elements; i++) {
      const at = Math.floor(((i + 0.5) * step - before) / 32) * 32;
      const elements = Math.min(pieceElements, chunk.elements - at);
      if (elements > 0) pieces.push({ ...chunk, start: chunk.start + at, elements });
    }
    before += chunk.elements;
  }
  return pieces;
}

/** First bins of the brackets in whose middle the thresholds of a sample lie. */
function expected(sample: readonly Uint32Array[], { groups, scope }: MergePlan): number[] {
  return (groups[0]?.ranks ?? []).map(({ model, count, share }) => {
    const bins = sample[model] ?? new Uint32Array();
    const elements = bins.reduce((sum, size) => sum + size, 0);
    const wanted = Math.min(elements, Math.round((count / scope) * elements));
    const found = binOf(
      { model, count: wanted, ...(share !== undefined && { share }) },
      bins,
      elements,
    );
    if (!found) return 0;
    // The threshold lies the deeper in its bin the more are wanted of it.
    const above = found.wanted < (bins[found.bin] ?? 0) / 2 ? 1 : 0;
    return Math.max(0, found.bin - bracketBins / 2 + above);
  });
}
