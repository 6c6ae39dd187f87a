import { expect, test } from 'vitest';
import { methodOf } from '../merge/methods/registry.ts';
import { createMatrixPool } from './matrixPool.ts';

/** Task vectors of two models, of values that the place and the seed give. */
function matrix(rows: number, columns: number, seed = 0) {
  const taskVectors = [1, 2].map((model) =>
    Float32Array.from({ length: rows * columns }, (_, k) => Math.sin((model + seed) * k * k)),
  );
  return { rows, columns, parameters: {}, taskVectors };
}

test.each(['tsv_merge', 'iso_c', 'iso_cts'])('%s in workers is as here', async (method) => {
  const pool = createMatrixPool(method, new AbortController().signal, 2);
  const shapes = [
    [96, 40],
    [40, 96],
    [64, 64],
    [8, 300],
  ] as const;
  const merging = shapes.map(([rows, columns], i) => pool.merge(matrix(rows, columns, i)));
  for (const [i, [rows, columns]] of shapes.entries()) {
    const { taskVectors, ...rest } = matrix(rows, columns, i);
    const here = await methodOf(method)!.matrix!({
      ...{ ...rest, models: 2, taskVector: (model) => taskVectors[model]! },
      breathe: async () => undefined,
    });
    expect(here.changes.some((x) => x !== 0)).toBe(true);
    expect(await merging[i]).toEqual(here);
  }
});

test.each(['cancel', 'close'])('a %s ends the work on matrices', async (how) => {
  const cut = new AbortController();
  const pool = createMatrixPool('tsv_merge', cut.signal, 1);
  const works = [matrix(1500, 1500), matrix(1500, 1500)].map((each) => pool.merge(each));
  const ends = Promise.all(works.map((work) => expect(work).rejects.toThrow('Cancelled.')));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const cancelled = performance.now();
  if (how === 'cancel') cut.abort();
  else pool.close();
  await ends;
  await expect(pool.merge(matrix(8, 8))).rejects.toThrow('Cancelled.');
  expect(performance.now() - cancelled).toBeLessThan(1000);
});
