import { binCount, histogram } from '../gpu/kernels/histogram.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { chunkBytes, dtypeConstants } from './chunkInputs.ts';
import { stream, upload, writeTable, type Slot, type StreamHost } from './chunkStream.ts';
import type { MergePlan } from './plan.ts';
import { countNonFinite, findBin, thresholdOf, type Threshold } from '../localize/threshold.ts';

export interface Localization {
  /** In the order of the plan's ranks. */
  thresholds: Threshold[];
  /** Positions of each model's τ that are NaN or infinite. */
  nonFinite: number[];
  bytesRead: number;
}

const threadsPerModel = 65_536;

/** Finds the threshold of every rank: one pass for the high 16 bits of |τ|, one for the low ones. */
export async function magnitudeThresholds(
  plan: MergePlan,
  host: StreamHost,
  slots: Slot[],
  bins: ComputeBuffer,
): Promise<Localization> {
  const { compute } = host;
  const { ranks } = plan;
  const scope = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const passBytes = scope.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const readBins = async () => {
    const [words = new Uint32Array()] = await compute.read([{ buffer: bins, bytes: bins.bytes }]);
    return ranks.map((_, row) => words.subarray(row * binCount, (row + 1) * binCount));
  };
  const pass = async (level: number, prefixes: number[]) => {
    compute.clear(bins);
    await stream(scope, host, slots, 'Localizing', level * passBytes, 2 * passBytes, {
      async submit({ elements }, inputs, slot) {
        upload(compute, slot, elements, inputs);
        const table = ranks.map(({ model }, row) => ({
          model,
          words: [prefixes[row] ?? 0, 0] as const,
        }));
        writeTable(compute, slot.keys, elements, inputs, table);
        const threads = Math.min(Math.ceil(elements / 32), threadsPerModel);
        await compute.dispatch({
          kernel: histogram,
          constants: dtypeConstants(...inputs.map(({ dtype }) => dtype)),
          buffers: [slot.weights, slot.keys, bins],
          params: new Uint32Array([elements, level, threads, 0]),
          threads,
          rows: level === 0 ? plan.models : ranks.length,
        });
        return { words: compute.read([{ buffer: bins, bytes: 4 }]) };
      },
      async finish() {},
    });
    return readBins();
  };

  const highBins = await pass(0, []);
  const high = ranks.map(({ model, count }) => {
    const bins = highBins[model];
    return bins ? findBin(bins, count) : null;
  });
  const lowBins = await pass(
    1,
    high.map((found) => found?.bin ?? 0),
  );
  const thresholds = high.map((found, row) =>
    thresholdOf(found, lowBins[row] ?? new Uint32Array()),
  );
  return {
    thresholds,
    nonFinite: highBins.slice(0, plan.models).map(countNonFinite),
    bytesRead: 2 * passBytes,
  };
}
