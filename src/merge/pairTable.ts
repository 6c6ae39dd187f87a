import { floats } from '../gpu/kernels/floats.ts';
import { partialSums } from '../gpu/kernels/innerProducts.ts';
import { exponentialSteps, pairSums } from '../gpu/kernels/pairSums.ts';
import { floatBits } from '../tensor/float.ts';
import { chunkBytes } from './chunkInputs.ts';
import { writeTable } from './chunkStream.ts';
import { only, type RunStage, type StageKind } from './stage.ts';
import type { MergePlan } from './plan.ts';

/** What is measured of pairs: at level 0 the range of products, at level 1 the sums over softmax by these rows of the table. */
interface PairState {
  level: 0 | 1;
  pairs: readonly number[];
}

/** The two halves of the partial results of every row. */
type Halves = [Uint32Array<ArrayBuffer>, Uint32Array<ArrayBuffer>][];

export const pairStage: StageKind<PairState, Halves> = {
  id: 'pairs',
  async open({ plan: { models, weights }, host: { compute }, allocate }, { level, pairs }) {
    const rows = models ** 2;
    const partial = await allocate(rows * partialSums * 8);
    const table = weights.map((_, model) => ({ model, words: [0, 0] as const }));
    return {
      async submit({ chunk, inputs, slot, dtypes }) {
        const { elements } = chunk;
        writeTable(compute, slot.keys, elements, inputs, table, pairs);
        await compute.dispatch({
          kernel: pairSums,
          constants: dtypes,
          buffers: [slot.weights, slot.keys, partial],
          params: new Uint32Array([elements, models, level, 0]),
          threads: partialSums,
          rows,
        });
        return [{ buffer: partial, bytes: partial.bytes }];
      },
      digest(_, words) {
        const all = only(words);
        const half = (at: number) => all.slice(at * partialSums, (at + 1) * partialSums);
        return Array.from({ length: rows }, (_, row) => [half(2 * row), half(2 * row + 1)]);
      },
    };
  },
};

/**
 * Rows of every ordered pair of models for the table by which positions are scored, over the whole scope: one pass over the
 * inputs for the range of the products of changes, one for the sums of softmax.
 */
export async function measurePairs(
  plan: MergePlan,
  run: RunStage,
): Promise<{ pairs: number[]; bytesRead: number }> {
  const { models } = plan;
  const chunks = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const passBytes = chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  const pass = (level: 0 | 1, pairs: readonly number[], take: (halves: Halves) => void) =>
    run(
      pairStage,
      { level, pairs },
      {
        ...{ label: 'Measuring', chunks, doneBytes: level * passBytes, totalBytes: 2 * passBytes },
        take: async (_, halves) => take(halves),
      },
    );

  const rows = Array.from({ length: models ** 2 }, (_, row) => row);
  const ranges = rows.map(() => ({ least: Infinity, most: -Infinity }));
  await pass(0, new Array<number>(4 * rows.length).fill(0), (halves) => {
    for (const row of rows) {
      const [low, high] = halves[row]!.map(floats);
      const { least, most } = ranges[row]!;
      ranges[row] = { least: Math.min(least, ...low!), most: Math.max(most, ...high!) };
    }
  });
  const ranged = ranges.flatMap(({ least, most }) =>
    most > least ? [floatBits(least), floatBits(1 / (most - least)), 0, 0] : [0, 0, 0, 0],
  );
  const sums = rows.map(() => ({ steps: 0, powers: 0 }));
  await pass(1, ranged, (halves) => {
    for (const row of rows) {
      const [steps, powers] = halves[row]!;
      steps.forEach((count) => (sums[row]!.steps += count));
      floats(powers).forEach((sum) => (sums[row]!.powers += sum));
    }
  });
  const pairs = sums.flatMap(({ steps, powers }, row) => [
    ...ranged.slice(4 * row, 4 * row + 2),
    ...[(plan.scope * exponentialSteps) / steps, plan.scope / powers].map(floatBits),
  ]);
  return { pairs, bytesRead: 2 * passBytes };
}
