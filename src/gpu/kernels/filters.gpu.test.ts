import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floatBits } from '../../tensor/float.ts';
import { deep } from '../../test/deep.ts';
import { requestWebGpu } from '../webgpu.ts';
import { streamKey } from './hash.ts';
import { binCount } from './histogram.ts';
import { partialSums } from './innerProducts.ts';
import { kernels } from '../../test/kernels.ts';
import { foldWorkgroups, runBoth } from '../../test/runKernel.ts';

let gpu: Awaited<ReturnType<typeof requestWebGpu>>;
beforeAll(async () => {
  gpu = await requestWebGpu();
  foldWorkgroups();
});
afterAll(() => expect(gpu.liveBuffers).toBe(0));

const few = [0, 1, 31, 63, 64, 65, 1000];
const sizes = [...few, deep ? 65_536 * 64 + 5 : 20_001];

/** Words without a pattern. */
const noise = (length: number, seed: number) =>
  Uint32Array.from({ length: Math.max(1, length) }, (_, i) => Math.imul(i + seed, 0x9e3779b9));

const special = [0, 0x80000000, 1, 0x7f800000, 0x7fc00000, 0x007fffff, 0x7f7fffff];

/** f32 bits of small values of both signs, every 9th a special one. */
const values = (length: number, seed: number) =>
  noise(length, seed).map((x, i) =>
    i % 9 === 0 ? special[x % special.length]! : floatBits(((x >>> 8) % 64) / 256 - 0.1),
  );

/** The first words that differ. */
function unequal(a: Uint32Array, b: Uint32Array): string[] {
  const found: string[] = [];
  for (let i = 0; i < b.length && found.length < 5; i++)
    if (a[i] !== b[i]) found.push(`${i}: ${a[i]} ${b[i]}`);
  return found;
}

test.each(sizes)('random drops are those of the reference, %i words', async (words) => {
  const half = [streamKey(7, 1), 0x7fffffff, 1, 0];
  const streams = Uint32Array.from([...half, 1, 0xffffffff, 1, 0, 5, 0, 0, 0]);
  for (const [low, high] of [
    [0, 0],
    [2 ** 32 - 40, 1],
  ] as const) {
    // Of very many words few are held, for the reference's sake.
    const held = noise(3 * words, 1).map((x, i) => (words < 5000 || i % 997 === 0 ? x : 0));
    const data = [streams, held];
    const params = [32 * words, words, low, high];
    const run = [kernels.dropRandom, data, params, words, {}, 3] as const;
    const { actual, expected } = await runBoth(gpu, ...run);
    expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
  }
});

test.each(sizes)('outliers are left out as by the reference, %i words', async (words) => {
  const run = [kernels.dropOutliers, [noise(6 * words, 3)], [words, 3], words, {}, 3] as const;
  const { actual, expected } = await runBoth(gpu, ...run);
  expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
});

describe('consensus', () => {
  const forms = [
    { DELTA: 1, NORMALIZE: 0, ELECT: 0 },
    { DELTA: 1, NORMALIZE: 0, ELECT: 1 },
  ];
  test.each([...few, 20_001])('agrees with its reference, %i elements', async (n) => {
    const words = Math.ceil(n / 32);
    const bits = values(4 * n, 5);
    const row = (m: number) => [m * n, 0, floatBits(1), floatBits([0, 1, 0.5, 1.5][m]!)];
    const inputs = Uint32Array.from([0, 1, 2, 3].flatMap(row));
    const ends = (32 * words - n) % 32;
    const masks = noise(3 * words, 11).map((x, i) =>
      (i + 1) % words === 0 ? x & (0xffffffff >>> ends) : x,
    );
    for (const constants of forms) {
      const data = [bits, inputs, masks, new Uint32Array(Math.max(1, 3 * words))];
      const params = [n, words, 3, 0, 0, 0, floatBits(0.4), 2];
      const run = [kernels.consensus, data, params, words, constants] as const;
      const { actual, expected } = await runBoth(gpu, ...run);
      expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
    }
  });
});

describe('inner products', () => {
  test.each([...few, 2 ** 18 + 5])('of %i elements are those of the reference', async (n) => {
    const inputs = Uint32Array.from([0, 1, 2, 3].flatMap((m) => [m * n, 0, 0, 0]));
    for (const DELTA of [0, 1]) {
      const data = [values(4 * n, 17), inputs, new Uint32Array(9 * partialSums)];
      const run = [kernels.innerProducts, data, [n, 3], partialSums, { DELTA }, 9] as const;
      const { actual, expected } = await runBoth(gpu, ...run);
      expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
    }
  });
});

describe('held sums', () => {
  test.each([...few, 20_001])('of %i elements are those of the reference', async (n) => {
    const size = Math.ceil(n / 32);
    const inputs = Uint32Array.from([0, 1, 2, 3].flatMap((m) => [m * n, 0, 0, 0]));
    for (const SQUARE of [0, 1]) {
      const data = [values(4 * n, 3), inputs, noise(3 * size, 7), new Uint32Array(6 * partialSums)];
      const run = [kernels.heldSums, data, [n, size, 3, 0], partialSums, { SQUARE }, 6] as const;
      const { actual, expected } = await runBoth(gpu, ...run);
      expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
    }
  });
});

describe('scores of two models', () => {
  // Products of changes lie within ±1/16.
  const pairs = [0.7, 1.1, 1.1, 0.9].flatMap((share) => [-1 / 16, 8, share, 1 / share]);
  const tableOf = (n: number, bound: number) =>
    Uint32Array.from([
      ...[0, 1, 2].flatMap((m) => [m * n, 0, bound, floatBits(1)]),
      ...pairs.map(floatBits),
    ]);

  test.each([...few, 20_001])('rank and weigh as the reference, %i elements', async (n) => {
    const weights = values(3 * n, 9);
    const size = Math.ceil(n / 32);
    const masks = noise(2 * size, 4);
    const room = (length: number) => new Uint32Array(Math.max(1, length));
    const ranked = [weights, tableOf(n, 0), room(2 * binCount)];
    const marked = [weights, tableOf(n, floatBits(8)), room(2 * size), room(2 * size)];
    const weighed = [weights, tableOf(n, floatBits(1)), masks, room(n), room(size)];
    const weighing = { DELTA: 1, BALANCE: 1 };
    for (const { actual, expected } of await Promise.all([
      runBoth(gpu, kernels.histogram, ranked, [n, 0, n, 2, 0, 0], n, { BALANCE: 1 }, 2),
      runBoth(gpu, kernels.mask, marked, [n, size, 2, 0, 0, 0], size, { BALANCE: 1 }, 2),
      runBoth(gpu, kernels.combine, weighed, [n, size, 2, 0, floatBits(0.7), 0], size, weighing),
    ]))
      actual.forEach((words, i) => expect(unequal(words, expected[i]!)).toEqual([]));
  });
});
