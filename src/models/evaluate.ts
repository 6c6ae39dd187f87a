import { throwIfCancelled } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { forward, type ParameterSource } from './blockwise.ts';
import type { Examples, Task } from './task.ts';

/** Outputs of the last block for every example in order, row-major, and the width of a row. */
export interface Outputs {
  values: Float32Array;
  width: number;
}

/**
 * Runs a task's blocks over examples, the longest first and alike ones together, in batches that grow as long as larger ones
 * are faster; `onProgress` gets the number of examples done.
 */
export async function predict(
  tensors: Tensors,
  { blocks }: Pick<Task, 'blocks'>,
  examples: Examples,
  source: ParameterSource,
  signal: AbortSignal,
  onProgress: (done: number) => void = () => undefined,
): Promise<Outputs> {
  const { tf } = tensors;
  const rows: Float32Array[] = [];
  const lengthOf = (i: number) => examples.lengths?.[i] ?? imageTokens;
  const order = Array.from({ length: examples.size }, (_, i) => i);
  order.sort((i, j) => lengthOf(j) - lengthOf(i) || i - j);
  const pace = createPace(mostTokens[tensors.backend]);
  for (let start = 0; start < order.length;) {
    throwIfCancelled(signal);
    const longest = lengthOf(order[start]!);
    const indices = order.slice(start, start + Math.max(1, Math.floor(pace.tokens / longest)));
    const begun = performance.now();
    const batch = await examples.batch(tf, indices);
    try {
      const output = await forward(tf, blocks, batch, source);
      const values = await output.data<'float32'>().finally(() => output.dispose());
      const width = values.length / indices.length;
      for (const [at, i] of indices.entries()) rows[i] = values.slice(at * width, (at + 1) * width);
    } finally {
      Object.values(batch).forEach((tensor) => tensor?.dispose());
    }
    pace.took(indices.length * longest, performance.now() - begun);
    start += indices.length;
    onProgress(start);
  }
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(row, i * width));
  return { values, width };
}

/** An image counts as so many tokens: 32 make the largest batch. */
const imageTokens = 256;
const fewestTokens = 512;

/** WebAssembly never gives back what its heap grew to. */
const mostTokens = { webgpu: 8192, wasm: 4096 };

/** Tokens of the next batch: twice as many as long as that is faster by a twentieth, within bounds. */
function createPace(most: number) {
  let best = 0;
  let found = false;
  const pace = {
    tokens: fewestTokens,
    took(tokens: number, ms: number) {
      const rate = tokens / ms;
      if (found) return;
      found = rate < 1.05 * best || pace.tokens === most;
      if (!found) pace.tokens *= 2;
      else if (rate < best) pace.tokens = Math.max(fewestTokens, pace.tokens / 2);
      best = Math.max(best, rate);
    },
  };
  return pace;
}
