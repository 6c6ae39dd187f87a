import { binCount, histogram } from '../gpu/kernels/histogram.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { chunkBytes } from './chunkInputs.ts';
import { constantsOf, tiesOf } from './chunkMasks.ts';
import { stream, writeTable, type Slot, type StreamHost } from './chunkStream.ts';
import type { MergeJournal } from './journal.ts';
import type { MergePlan } from './plan.ts';
import type { Chunk } from './chunk.ts';
import {
  countNonFinite,
  findBin,
  nothing,
  thresholdOf,
  type BinSearch,
} from '../scope/threshold.ts';
import { floatBits } from '../tensor/float.ts';

const threadsPerModel = 65_536;

/**
 * Finds the threshold of every rank: one pass for the high 16 bits of its keys, one for the low ones. Tells of each model how
 * many τ are NaN or infinite.
 */
export async function magnitudeThresholds(
  plan: MergePlan,
  host: StreamHost,
  slots: Slot[],
  bins: ComputeBuffer,
): Promise<Pick<MergeJournal, 'thresholds' | 'ties' | 'nonFinite' | 'bytesRead'>> {
  const { compute } = host;
  const { groups, models } = plan;
  const scope = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const passBytes = scope.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const isLast = (chunk: Chunk, at: number) => scope[at + 1]?.group !== chunk.group;
  const lasts = new Set(scope.filter(isLast));
  const keyConstants = constantsOf(plan.method);
  const high = groups.map(({ ranks }) => ranks.map((): BinSearch | null => null));
  const thresholds = groups.map(({ ranks }) => ranks.map(() => nothing));
  const nonFinite = Array.from({ length: models }, () => 0);

  const pass = async (level: number, counted: (group: number, rows: Uint32Array[]) => void) => {
    compute.clear(bins);
    await stream(scope, host, slots, 'Localizing', level * passBytes, 2 * passBytes, {
      async submit({ chunk, inputs, slot, dtypes }) {
        const { elements, group } = chunk;
        const ranks = groups[group]?.ranks ?? [];
        const table = ranks.map(({ model }, row) => ({
          model,
          words: [high[group]?.[row]?.bin ?? 0, 0] as const,
        }));
        writeTable(compute, slot.keys, elements, inputs, table, plan.pairs);
        const threads = Math.min(Math.ceil(elements / 32), threadsPerModel);
        const rows = level === 0 ? models : ranks.length;
        await compute.dispatch({
          kernel: histogram,
          constants: { ...keyConstants, ...dtypes },
          buffers: [slot.weights, slot.keys, bins],
          params: new Uint32Array([elements, level, threads, rows, floatBits(1 / rows), 0, 0, 0]),
          threads,
          rows,
        });
        const last = lasts.has(chunk);
        const words = compute.read([{ buffer: bins, bytes: last ? bins.bytes : 4 }]);
        if (last) compute.clear(bins);
        return { words };
      },
      async finish(chunk, _, [words = new Uint32Array()]) {
        const row = (at: number) => words.subarray(at * binCount, (at + 1) * binCount);
        if (lasts.has(chunk))
          counted(
            chunk.group,
            (groups[chunk.group]?.ranks ?? []).map((_, at) => row(at)),
          );
      },
    });
  };

  await pass(0, (group, rows) => {
    const { elements = 0, ranks = [] } = groups[group] ?? {};
    high[group] = ranks.map(({ model, count, share }) => {
      const own = rows[model] ?? new Uint32Array();
      const differing = elements - (own[0] ?? 0);
      return findBin(own, share === undefined ? count : Math.floor(share * differing));
    });
    for (let m = 0; m < models; m++) nonFinite[m]! += countNonFinite(rows[m] ?? new Uint32Array());
  });
  await pass(1, (group, rows) => {
    thresholds[group] = rows.map((own, row) => thresholdOf(high[group]?.[row] ?? null, own));
  });
  const all = thresholds.flat();
  return { thresholds: all, ties: tiesOf(all, plan, 0), nonFinite, bytesRead: 2 * passBytes };
}
