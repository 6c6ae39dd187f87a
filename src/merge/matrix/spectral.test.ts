import { expect, test } from 'vitest';
import { mulberry32 } from '../../data/random.ts';
import goldens from '../goldens/spectral.json';
import { methodOf } from '../methods/registry.ts';

type Case = (typeof goldens.cases)[number];

/** X·diag(decay^k)·Y, as scripts/spectralGoldens.py has it. */
function part(seed: number, { rows, columns, rank, decay }: Case): Float64Array {
  const draw = (seed: number, count: number) => {
    const random = mulberry32(seed);
    return Float64Array.from({ length: count }, () => random() - 0.5);
  };
  const x = draw(2 * seed, rows * rank);
  const y = draw(2 * seed + 1, rank * columns);
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < rank; k++) {
      const factor = x[i * rank + k]! * decay ** k;
      for (let j = 0; j < columns; j++) out[i * columns + j]! += factor * y[k * columns + j]!;
    }
  return out;
}

function taskVectors(given: Case): Float32Array<ArrayBuffer>[] {
  const shared = part(0, given);
  return Array.from({ length: given.models }, (_, model) => {
    const own = part(model + 1, given);
    return Float32Array.from(shared, (x, k) => x + own[k]!);
  });
}

/** The same task vector of so many models, merged. */
function mergeAlike(method: string, rows: number, values: number[], models: number) {
  const tau = Float32Array.from(values);
  return methodOf(method)!.matrix!({
    ...{ rows, columns: tau.length / rows, models, parameters: goldens.parameters },
    taskVector: () => tau.slice(),
    breathe: async () => undefined,
  });
}

test('Iso-C of diag(3, 1) twice has the mean of 6 and 2 in every direction', async () => {
  const { changes } = await mergeAlike('iso_c', 2, [3, 0, 0, -1], 2);
  [4, 0, 0, -4].forEach((x, k) => expect(changes[k]).toBeCloseTo(x, 6));
});

test('TSV-Merge of one task vector twice is that task vector, as [U U] and [V V] made orthonormal are half each', async () => {
  const tau = [1, 2, 0, 2, 2, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3].flatMap((x) => [x, 0]);
  const { changes } = await mergeAlike('tsv_merge', 4, tau, 2);
  tau.forEach((x, k) => expect(changes[k]).toBeCloseTo(x, 5));
});

test('Iso-C of 4096 + uuᵀ, of more equal singular values than inverse iteration takes, is right and says so', async () => {
  const n = 99;
  const random = mulberry32(7);
  const u = Array.from({ length: n }, () => Math.floor(random() * 1000));
  const unit = (k: number) => Number(k % (n + 1) === 0);
  const tau = Array.from(
    { length: n * n },
    (_, k) => 4096 * unit(k) + u[Math.floor(k / n)]! * u[k % n]!,
  );
  const { changes, fellBack } = await mergeAlike('iso_c', n, tau, 1);
  expect(fellBack).toBe(true);
  const mean = 4096 + u.reduce((sum, x) => sum + x * x, 0) / n;
  changes.forEach((x, k) => expect(x / mean).toBeCloseTo(unit(k), 4));
  expect((await mergeAlike('iso_c', 2, [3, 0, 0, -1], 2)).fellBack).toBe(false);
});

const length = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

test.each(goldens.cases)(
  '$method of a matrix that is $name is within 1e-4 of numpy’s',
  { timeout: 30_000 },
  async (given) => {
    const taus = taskVectors(given);
    const { rows, columns, models, method, step, values } = given;
    const { changes } = await methodOf(method)!.matrix!({
      ...{ rows, columns, models, parameters: goldens.parameters },
      taskVector: (model) => taus[model]!,
      breathe: async () => undefined,
    });
    const wrong = values.map((x, i) => changes[i * step]! - x);
    expect(length(wrong) / length(values)).toBeLessThan(1e-4);
  },
);
