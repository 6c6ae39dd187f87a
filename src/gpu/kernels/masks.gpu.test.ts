import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floatBits } from '../../tensor/float.ts';
import { deep } from '../../test/deep.ts';
import type { Constants, Kernel } from '../compute.ts';
import { requestWebGpu } from '../webgpu.ts';
import { binCount } from './histogram.ts';
import { adamParams } from './adamStep.ts';
import { dotPartials } from './dotProduct.ts';
import { floats } from './floats.ts';
import { kernels } from '../../test/kernels.ts';
import { foldWorkgroups, runBoth, runKernel } from '../../test/runKernel.ts';

let gpu: Awaited<ReturnType<typeof requestWebGpu>>;
beforeAll(async () => {
  gpu = await requestWebGpu();
  foldWorkgroups();
});
afterAll(() => expect(gpu.liveBuffers).toBe(0));

/** More than a row of workgroups takes. */
const large = 65_536 * 64 + 5;
const sizes = [0, 1, 63, 64, 65, 1000, deep ? large : 70_001];

const drawn = new Map<string, Float32Array>();

/** Values with ties, zeros of both signs, denormals and numbers of all sizes; never NaN. Not to be written to. */
function values(n: number, seed: number, scale = 4): Float32Array {
  const key = [n, seed, scale].join();
  const known = drawn.get(key) ?? draw(n, seed, scale);
  drawn.set(key, known);
  return known;
}

function draw(n: number, seed: number, scale: number): Float32Array {
  let state = seed;
  const special = [0, -0, 1e-40, -1e-40, 3, 3, -3, 88, -88, 1e-12];
  return Float32Array.from({ length: n }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return i % 5 === 0 ? special[(state >>> 8) % 10]! : (state / 2 ** 32 - 0.5) * scale;
  });
}

const bits = (n: number, seed: number) =>
  Uint32Array.from({ length: Math.max(1, Math.ceil(n / 32)) }, (_, i) =>
    Math.imul(i + seed, 0x9e3779b9),
  );
const words = (data: Float32Array) => new Uint32Array(data.slice().buffer);
/** A GPU may take a denormal for 0, which has no sign. */
const normal = (data: Float32Array) => data.map((x) => (Math.abs(x) < 1e-38 ? 0 : x));
const some = (n: number) => new Uint32Array(Math.max(1, n));

/** The first values that differ by more than `relative` of their size or of 1e-6. */
function apart(actual: Uint32Array, expected: Uint32Array, relative = 4e-6): string[] {
  const [a, b] = [floats(actual), floats(expected)];
  const found: string[] = [];
  for (let i = 0; i < b.length && found.length < 5; i++)
    if (!(Math.abs(a[i]! - b[i]!) <= Math.max(1e-6, relative * Math.abs(b[i]!))))
      found.push(`${i}: ${a[i]} ${b[i]}`);
  return found;
}

/** The first words that differ. */
function unequal(a: Uint32Array, b: Uint32Array): string[] {
  const found: string[] = [];
  for (let i = 0; i < b.length && found.length < 5; i++)
    if (a[i] !== b[i]) found.push(`${i}: ${a[i]} ${b[i]}`);
  return found;
}

const f = floatBits;
const floatKernels: [
  string,
  Kernel,
  Constants,
  (n: number) => { data: Uint32Array[]; params: number[] },
][] = [
  ...([{ FORM: 0 }, { FORM: 1 }, { FORM: 1, ALONE: 1 }] as Constants[]).map(
    (constants: Constants): (typeof floatKernels)[number] => [
      'graftWeights',
      kernels.graftWeights,
      constants,
      (n) => ({
        data: [
          words(values(n, 1)),
          words(values(n, 2)),
          words(values(n, 3, 40)),
          bits(n, 4),
          some(n),
        ],
        params: [n],
      }),
    ],
  ),
  ...[
    { FIRST: 1, LAST: 1 },
    { FIRST: 0, LAST: 0 },
    { FIRST: 0, LAST: 1 },
  ].map((constants): (typeof floatKernels)[number] => [
    'stitchWeights',
    kernels.stitchWeights,
    constants,
    (n) => ({
      data: [
        ...[words(values(n, 1)), words(values(n, 2)), bits(n, 3)],
        ...[some(n).map((_, i) => i % 3), words(values(n, 5))],
      ],
      params: [n],
    }),
  ]),
  ...([{ OWNERS: 0 }, { OWNERS: 1 }, { SQUARE: 1 }] as Constants[]).map(
    (constants: Constants): (typeof floatKernels)[number] => [
      'accumulate',
      kernels.accumulate,
      constants,
      (n) => ({
        data: [
          ...[words(values(n, 1)), words(values(n, 2))],
          ...[some(n).map((_, i) => i % 4), words(values(n, 4))],
        ],
        params: [n, f(0.9)],
      }),
    ],
  ),
  ...[{ ABS: 0 }, { ABS: 1 }].map((constants): (typeof floatKernels)[number] => [
    'addScaled',
    kernels.addScaled,
    constants,
    (n) => ({ data: [words(values(n, 1)), words(values(n, 2))], params: [n, f(-0.37)] }),
  ]),
  [
    'adamStep',
    kernels.adamStep,
    {},
    (n) => ({
      data: [1, 2, 3, 4].map((seed) =>
        words(values(n, seed).map(seed === 4 ? Math.abs : (x) => x)),
      ),
      params: [
        ...adamParams(n, { rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, decay: 0.1 }, 3),
      ],
    }),
  ],
  [
    'fillByMask',
    kernels.fillByMask,
    {},
    (n) => ({ data: [bits(n, 1), some(n)], params: [n, f(3), f(-5)] }),
  ],
];

describe.each(floatKernels)('%s', (_, kernel, constants, make) => {
  test.each(sizes)(`is as its reference, ${JSON.stringify(constants)}, %i elements`, async (n) => {
    const { data, params } = make(n);
    const { actual, expected } = await runBoth(gpu, kernel, data, params, n, constants);
    actual.forEach((each, i) => expect(apart(each, expected[i]!)).toEqual([]));
  });
});

describe('logitStep', () => {
  test.each(sizes)('steps as its reference, %i elements', async (n) => {
    const forms: Constants[] = [{ FORM: 0 }, { FORM: 1 }, { FORM: 0, SUMMED: 1 }];
    const logits = normal(values(n, 4, 30));
    for (const constants of forms) {
      const data = [words(values(n, 1)), words(values(n, 2)), bits(n, 3), words(logits)];
      const params = [n, f(0.7), f(0.25), f(0.01), f(0.5)];
      const all = [...data, new Uint32Array(20)];
      const { actual, expected } = await runBoth(gpu, kernels.logitStep, all, params, n, constants);
      expect(apart(actual[0]!, expected[0]!)).toEqual([]);
      const counted = actual[1]!.reduce((a, b) => a + b, 0);
      expect(counted).toBe(n);
      const moved = actual[1]!.reduce((sum, x, i) => sum + Math.abs(x - expected[1]![i]!), 0);
      expect(moved).toBeLessThanOrEqual(n * 1e-4);
    }
  });
});

test('logitStep pushes logits away from 0 by l1, and 0 down', async () => {
  const start = [-5, -0.5, -0, 0, 0.5, 5];
  const zeros = start.map(() => 0);
  const all = [zeros, zeros, zeros, start, new Array<number>(20).fill(0)].map((each) =>
    words(Float32Array.from(each)),
  );
  const params = [start.length, f(1e7), f(1), f(0), f(10)];
  const { actual, expected } = await runBoth(gpu, kernels.logitStep, all, params, start.length);
  const pushes = [...floats(actual[0]!)].map((after, k) => Math.sign(after - start[k]!));
  expect(pushes).toEqual([-1, -1, -1, -1, 1, 1]);
  expect(apart(actual[0]!, expected[0]!)).toEqual([]);
});

describe('keys', () => {
  test.each(sizes)('are counted as by the reference, %i elements', async (n) => {
    for (const KEY of [0, 2])
      for (const level of [0, 1]) {
        const data = [words(values(n, 1)), words(values(n, 2)), new Uint32Array(binCount)];
        const params = [n, level, KEY === 0 ? 0x3f80 : 0xbf80, Math.min(n, 65_536)];
        const { actual, expected } = await runBoth(
          gpu,
          kernels.keyHistogram,
          data,
          params,
          Math.min(n, 65_536),
          { KEY },
        );
        expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
      }
  });

  test.each(sizes)('are compared as by the reference, %i elements', async (n) => {
    const size = Math.ceil(n / 32);
    for (const [KEY, threshold] of [
      [0, f(3)],
      [2, f(3) + 0x80000000],
      [2, 0x80000000],
    ]) {
      const data = [words(values(n, 1)), some(size), some(size)];
      const params = [n, size, threshold!, 0];
      const { actual, expected } = await runBoth(gpu, kernels.keyMask, data, params, size, {
        KEY: KEY!,
      });
      actual.forEach((each, i) => expect(unequal(each, expected[i]!)).toEqual([]));
    }
  });
});

test('arrays larger than a row of workgroups are filled to their end', async () => {
  const data = [bits(large, 1), some(large)];
  const run = [kernels.fillByMask, data, [large, f(3), f(-5)], large] as const;
  const { actual, expected } = await runBoth(gpu, ...run);
  expect(unequal(actual[0]!, expected[0]!)).toEqual([]);
});

test('keys order as the values they stand for', async () => {
  const sorted = [-88, -3, -1e-12, 0, 1e-12, 3, 88];
  for (let i = 1; i < sorted.length; i++) {
    const threshold = f(sorted[i - 1]!);
    const key = (threshold >>> 31 ? ~threshold : threshold | 0x80000000) >>> 0;
    const data = [words(Float32Array.from(sorted)), some(1), some(1)];
    const [above, ties] = await runKernel(gpu, kernels.keyMask, data, [7, 1, key, 0], 1, {
      KEY: 2,
    });
    expect([above![0], ties![0]]).toEqual([0x7f & (~0 << i), 1 << (i - 1)]);
  }
});

test.each(sizes)('dots of %i elements add up', async (n) => {
  const data = [words(values(n, 1)), words(values(n, 2)), some(dotPartials)];
  const [partials] = await runKernel(gpu, kernels.dotProduct, data, [n], dotPartials, {});
  let expected = 0;
  let size = 0;
  const [x, y] = [values(n, 1), values(n, 2)];
  for (let k = 0; k < n; k++) {
    expected += x[k]! * y[k]!;
    size += Math.abs(x[k]! * y[k]!);
  }
  const sum = floats(partials!).reduce((a, b) => a + b, 0);
  expect(Math.abs(sum - expected)).toBeLessThanOrEqual(1e-5 * size + 1e-6);
});
