import { floats } from '../gpu/kernels/floats.ts';
import { partialSums } from '../gpu/kernels/innerProducts.ts';
import { exponentialSteps, pairSums } from '../gpu/kernels/pairSums.ts';
import { floatBits } from '../tensor/float.ts';
import { chunkBytes } from './chunkInputs.ts';
import { stream, writeTable, type Allocate, type Slot, type StreamHost } from './chunkStream.ts';
import type { MergePlan } from './plan.ts';

/**
 * Rows of every ordered pair of models for the table by which positions are scored, over the whole scope: one pass over the
 * inputs for the range of the products of changes, one for the sums of softmax.
 */
export async function measurePairs(
  plan: MergePlan,
  host: StreamHost,
  slots: Slot[],
  allocate: Allocate,
): Promise<{ pairs: number[]; bytesRead: number }> {
  const { models } = plan;
  const scope = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const passBytes = scope.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const partial = await allocate(models ** 2 * partialSums * 8);
  const table = plan.weights.map((_, model) => ({ model, words: [0, 0] as const }));

  const pass = async (level: number, pairs: number[], take: (words: Uint32Array) => void) =>
    stream(scope, host, slots, 'Measuring', level * passBytes, 2 * passBytes, {
      async submit({ chunk, inputs, slot, dtypes }) {
        const { elements } = chunk;
        writeTable(host.compute, slot.keys, elements, inputs, table, pairs);
        await host.compute.dispatch({
          kernel: pairSums,
          constants: dtypes,
          buffers: [slot.weights, slot.keys, partial],
          params: new Uint32Array([elements, models, level, 0]),
          threads: partialSums,
          rows: models ** 2,
        });
        return { words: host.compute.read([{ buffer: partial, bytes: partial.bytes }]) };
      },
      async finish(_, __, [words = new Uint32Array()]) {
        take(words);
      },
    });

  const rows = Array.from({ length: models ** 2 }, (_, row) => row);
  const halves = (words: Uint32Array, row: number) =>
    [0, 1].map((half) => words.subarray((2 * row + half) * partialSums).subarray(0, partialSums));
  const ranges = rows.map(() => ({ least: Infinity, most: -Infinity }));
  await pass(0, new Array<number>(4 * rows.length).fill(0), (words) => {
    for (const row of rows) {
      const [low, high] = halves(words, row).map(floats);
      const { least, most } = ranges[row]!;
      ranges[row] = { least: Math.min(least, ...low!), most: Math.max(most, ...high!) };
    }
  });
  const ranged = ranges.flatMap(({ least, most }) =>
    most > least ? [floatBits(least), floatBits(1 / (most - least)), 0, 0] : [0, 0, 0, 0],
  );
  const sums = rows.map(() => ({ steps: 0, powers: 0 }));
  await pass(1, ranged, (words) => {
    for (const row of rows) {
      const [steps, powers] = halves(words, row);
      steps!.forEach((count) => (sums[row]!.steps += count));
      floats(powers!).forEach((sum) => (sums[row]!.powers += sum));
    }
  });
  const pairs = sums.flatMap(({ steps, powers }, row) => [
    ...ranged.slice(4 * row, 4 * row + 2),
    ...[(plan.scope * exponentialSteps) / steps, plan.scope / powers].map(floatBits),
  ]);
  return { pairs, bytesRead: 2 * passBytes };
}
