import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floatBits, f32ToBf16Bits, f32ToF16Bits } from '../../tensor/float.ts';
import { deep } from '../../test/deep.ts';
import type { Constants } from '../compute.ts';
import { requestWebGpu } from '../webgpu.ts';
import { binCount } from './histogram.ts';
import { wordDtypes } from './numeric.ts';
import { kernels } from '../../test/kernels.ts';
import { foldWorkgroups, runBoth } from '../../test/runKernel.ts';

type Gpu = Awaited<ReturnType<typeof requestWebGpu>>;
let gpu: Gpu;

beforeAll(async () => {
  gpu = await requestWebGpu();
  foldWorkgroups();
});
afterAll(() => expect(gpu.liveBuffers).toBe(0));

/** Deterministic 32-bit numbers (xorshift). */
function random(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const special = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
  0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345, 0x3f800000, 0x33800000, 0x38800000,
  0x387fc000, 0x477fefff, 0x477ff000, 0x33000000, 0x33000001, 0x3f808000, 0x3f818000,
];

/** f32 bits: mostly small normal numbers around a shared centre, every 7th a special value or any bits at all. */
function drawBits(next: () => number, centre: number): number {
  const kind = next() % 14;
  if (kind === 0) return special[next() % special.length]!;
  if (kind === 1) return next();
  if (kind === 2) return next() & 0x80ffffff;
  if (kind < 6) return floatBits(centre);
  return floatBits(centre + ((next() % 4096) - 2048) * 2 ** -18);
}

interface Case {
  weights: Uint32Array<ArrayBuffer>;
  inputs: Uint32Array<ArrayBuffer>;
  words: number;
}

/** Base and models of the dtypes given, one after another as kernels read them. */
function makeCase(elements: number, dtypes: number[], third: number[], weightBits: number[]): Case {
  const next = random(elements + dtypes.length);
  const centres = Array.from({ length: elements }, () => (next() / 2 ** 32 - 0.5) * 0.1);
  const sizes = dtypes.map((d) => (d === wordDtypes.F32 ? elements : Math.ceil(elements / 2)));
  const weights = new Uint32Array(
    Math.max(
      1,
      sizes.reduce((a, b) => a + b, 0),
    ),
  );
  const inputs = new Uint32Array(dtypes.length * 4);
  let offset = 0;
  dtypes.forEach((dtype, row) => {
    inputs.set([offset, dtype, third[row] ?? 0, weightBits[row] ?? floatBits(1)], row * 4);
    for (let k = 0; k < elements; k++) {
      const bits = drawBits(next, centres[k]!);
      if (dtype === wordDtypes.F32) weights[offset + k] = bits;
      else {
        const half = dtype === wordDtypes.F16 ? f32ToF16Bits(bits) : f32ToBf16Bits(bits);
        weights[offset + (k >>> 1)]! |= half << (16 * (k & 1));
      }
    }
    offset += sizes[row]!;
  });
  return { weights, inputs, words: Math.ceil(elements / 32) };
}

/** The first positions where words differ. */
function mismatches(a: Uint32Array, b: Uint32Array): string[] {
  const found: string[] = [];
  for (let i = 0; i < a.length && found.length < 5; i++)
    if (a[i] !== b[i]) found.push(`${i}: ${a[i]!.toString(16)} ${b[i]!.toString(16)}`);
  return found;
}

/** The first positions where values differ; any NaN equals any NaN. */
function differences(a: Uint32Array, b: Uint32Array, dtype: number): string[] {
  const bits = dtype === wordDtypes.F32 ? 32 : 16;
  const infinity = { 0: 0x7f800000, 1: 0x7c00, 2: 0x7f80 }[dtype]!;
  const found: string[] = [];
  for (let i = 0; i < a.length && found.length < 5; i++)
    for (let shift = 0; shift < 32; shift += bits) {
      const [x, y] = [a[i]!, b[i]!].map((w) => (bits === 32 ? w : (w >>> shift) & 0xffff));
      const size = bits === 32 ? 0x7fffffff : 0x7fff;
      const bothNaN = (x! & size) > infinity && (y! & size) > infinity;
      if (x !== y && !bothNaN) found.push(`${i}+${shift}: ${x!.toString(16)} ${y!.toString(16)}`);
    }
  return found;
}

const { F32, F16, BF16 } = wordDtypes;
const mixes = [
  [F32, F32, F32, F32],
  [BF16, BF16, BF16],
  [F32, F16, BF16, F32, F16],
  [F16, F16],
  [F32, F32],
];
const sizes = [0, 1, 31, 63, 64, 65, 1000, deep ? 70_001 : 20_001];

test('the adapter is real and says what it is', () => {
  expect(gpu.kind).toBe('webgpu');
  expect(gpu.adapter).not.toBe('');
});

describe('histogram', () => {
  const ranked = [
    [0, 0, 0],
    [0, 0, 8],
    [1, 0, 0],
  ] as const;
  const spread = [
    [0, 1, 0],
    [1, 1, 0],
  ] as const;
  const ofHistogram = deep ? [...sizes, 65_536 * 64 + 5] : sizes;
  test.each(ofHistogram)('counts as its reference, %i elements', async (n) => {
    const { weights, inputs } = makeCase(n, [F32, F32, BF16], [0, 0x3a80, 0x3b00], []);
    for (const [level, SPREAD, bracket] of n > 1000 ? ranked : [...ranked, ...spread]) {
      const bins = new Uint32Array(2 * (1 + bracket) * binCount);
      const threads = Math.max(1, n);
      const data = [weights, inputs, bins];
      const params = [n, level, threads, 2, floatBits(0.5), 0, bracket, 0];
      const run = [kernels.histogram, data, params, threads, { SPREAD }, 2] as const;
      const { actual, expected } = await runBoth(gpu, ...run);
      actual.forEach((words, i) => expect(mismatches(words, expected[i]!)).toEqual([]));
    }
  });
});

describe('pairSums', () => {
  test.each([1, 65, sizes.at(-1)!])('measures as its reference, %i elements', async (n) => {
    const { weights, inputs } = makeCase(n, [F32, F32, BF16], [], []);
    const pairs = [0, 0, 0, 0].flatMap(() => [floatBits(-(2 ** 96)), floatBits(2 ** -97), 0, 0]);
    const table = Uint32Array.from([...inputs, ...pairs]);
    for (const level of [0, 1]) {
      const data = [weights, table, new Uint32Array(4 * 512)];
      const params = [n, 2, level, 0];
      const run = await runBoth(gpu, kernels.pairSums, data, params, 256, {}, 4);
      expect(mismatches(run.actual[0]!, run.expected[0]!)).toEqual([]);
    }
  });
});

describe('mask and tiebreak', () => {
  const forms = sizes.flatMap((n) => [
    { n, SPREAD: 0 },
    { n, SPREAD: 1 },
  ]);
  test.each(forms)('mark and cut ties as their references, %o', async ({ n, SPREAD }) => {
    const tied = floatBits(2 ** -18 * 512);
    const { weights, inputs, words } = makeCase(n, [F32, F32, BF16], [0, tied, 0], []);
    const above = new Uint32Array(Math.max(1, 2 * words));
    const marked = await runBoth(
      gpu,
      kernels.mask,
      [weights, inputs, above, above.slice()],
      [n, words, 2, 0, floatBits(0.5)],
      words,
      { SPREAD },
      2,
    );
    marked.actual.forEach((bits, i) => expect(mismatches(bits, marked.expected[i]!)).toEqual([]));

    const [mask, ties] = marked.expected as [Uint32Array<ArrayBuffer>, Uint32Array<ArrayBuffer>];
    for (const quota of [0, 1, 17, 4000, 2 ** 31]) {
      const remaining = new Uint32Array([quota, 3]);
      const data = [ties, mask, remaining];
      const cut = await runBoth(gpu, kernels.tiebreak, data, [words, 64, 2], 64, {}, 2);
      cut.actual.forEach((bits, i) => expect(mismatches(bits, cut.expected[i]!)).toEqual([]));
    }
  });
});

describe('combine', () => {
  /** With equal and with uneven weights. */
  const all = sizes.flatMap((n) =>
    mixes.flatMap((mix) =>
      [mix.map(() => 1), mix.map((_, i) => [1, 0.4, 1.7, 0.3, 2][i]!)].map((values) => {
        const bits = values.map(floatBits);
        return { n, mix, ...makeCase(n, mix, bits, bits) };
      }),
    ),
  );
  const methods: [string, Constants][] = [
    ['mean of all', { USE_MASKS: 0 }],
    ['stitch', {}],
    ['task arithmetic', { DELTA: 1, NORMALIZE: 0 }],
    ['TIES', { DELTA: 1, ELECT: 1 }],
    ['TIES of task vectors', { DELTA: 1, TAUS: 1, ELECT: 1 }],
    ['MagMax', { DELTA: 1, NORMALIZE: 0, CHOOSE: 1 }],
    ["mergekit's TIES", { DELTA: 1, ELECT: 1, MERGEKIT: 1 }],
    ['SCE', { DELTA: 1, ELECT: 1, EQUAL_VOTES: 1, MERGEKIT: 1 }],
    ["mergekit's mean change", { DELTA: 1, MERGEKIT: 1 }],
    ['NearSwap', { DELTA: 1, NEAR: 1 }],
  ];
  const cases = methods.flatMap(([name, constants]) =>
    [F32, F16, BF16].map((out) => ({ name, constants, out })),
  );
  test.each(cases)('$name to dtype $out equals its reference', async (c) => {
    const ofOne = c.constants.NEAR !== undefined;
    const fit = all.filter(({ mix }) => !ofOne || mix.length === 2);
    // Together, so that the GPU works while references are computed.
    const differing = fit.map(async ({ n, mix, weights, inputs, words }) => {
      const next = random(n + 99);
      const masks = Uint32Array.from({ length: Math.max(1, (mix.length - 1) * words) }, next);
      const out = new Uint32Array(Math.max(1, n));
      const data = [weights, inputs, masks, out, new Uint32Array(Math.max(1, words))];
      const params = [n, words, mix.length - 1, c.out, floatBits(0.7), 0];
      const run = [kernels.combine, data, params, words, c.constants] as const;
      const { actual, expected } = await runBoth(gpu, ...run);
      return differences(actual[0]!, expected[0]!, c.out);
    });
    expect((await Promise.all(differing)).flat()).toEqual([]);
  });

  test.each(methods)('%s keeps every bit of denormals', async (_, constants) => {
    const n = 4096;
    const next = random(5);
    const weights = Uint32Array.from({ length: 4 * n }, () => next() & 0x81ffffff);
    const one = floatBits(1);
    const inputs = new Uint32Array([0, n, 2 * n, 3 * n].flatMap((offset) => [offset, 0, one, one]));
    const masks = Uint32Array.from({ length: (3 * n) / 32 }, next);
    const data = [weights, inputs, masks, new Uint32Array(n), new Uint32Array(n / 32)];
    const { actual, expected } = await runBoth(
      gpu,
      kernels.combine,
      data,
      [n, n / 32, 3, 0, one, 0],
      n / 32,
      constants,
    );
    expect(mismatches(actual[0]!, expected[0]!)).toEqual([]);
    expect(expected[0]!.some((bits) => (bits & 0x7fffffff) < 0x00800000)).toBe(true);
  });
});
