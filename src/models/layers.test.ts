import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { activationOf } from './activations.ts';
import type { Tensor } from './block.ts';
import { causalMask, paddingMask, rmsNorm, rowsAt, tokenIds } from './layers.ts';
import { rotate } from './rotary.ts';
import { tokenLosses } from './tokenLoss.ts';
import { Weights } from './weights.ts';
import { zeroShotHead } from './zeroShot.ts';

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});
afterAll(() => tensors.close());

const distance = (tensor: Tensor, expected: readonly number[]) => {
  const values = [...tensor.dataSync()];
  expect(values).toHaveLength(expected.length);
  return Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
};

// Values and slopes in float64 by torch and transformers.activations.
const at = [-6, -3, -1.5, -0.5, 0, 0.25, 1, 2.5, 5];
const known: [string, number[], number[]][] = [
  [
    'gelu',
    [0, -0.0040497, -0.1002108, -0.1542688, 0, 0.1496766, 0.8413447, 2.4844758, 4.9999986],
    [0, -0.0119456, -0.1274692, 0.1325049, 0.5, 0.6953734, 1.0833155, 1.0376111, 1.0000071],
  ],
  [
    'gelu_new',
    [0, -0.0036374, -0.1004284, -0.154286, 0, 0.1496754, 0.841192, 2.4849157, 4.9999998],
    [0, -0.0115842, -0.1277108, 0.1326301, 0.5, 0.6953541, 1.0829641, 1.0379516, 1.0000015],
  ],
  [
    'quick_gelu',
    [-0.0002204, -0.0180713, -0.1083378, -0.1496116, 0, 0.1511996, 0.8457958, 2.4650138, 4.998993],
    [
      -0.0003383, -0.0245483, -0.0988481, 0.1207781, 0.5, 0.7065004, 1.0677796, 1.0447187,
      1.0015122,
    ],
  ],
  ['relu', [0, 0, 0, 0, 0, 0.25, 1, 2.5, 5], [0, 0, 0, 0, 0, 1, 1, 1, 1]],
  [
    'silu',
    [-0.0148357, -0.1422776, -0.2736383, -0.1887703, 0, 0.1405441, 0.7310586, 2.3103545, 4.9665357],
    [-0.0123264, -0.0881041, -0.0412942, 0.2600388, 0.5, 0.62371, 0.9276705, 1.0994011, 1.0265474],
  ],
];

describe.each(known)('the activation %s', (name, values, slopes) => {
  it('has the values and slopes of torch', () => {
    const { tf } = tensors;
    const act = activationOf(name);
    const x = tf.tensor1d(at);
    expect(distance(act(tf, x), values)).toBeLessThan(2e-6);
    expect(distance(tf.grad((input: Tensor) => act(tf, input))(x), slopes)).toBeLessThan(2e-6);
  });
});

it('refuses an activation that it does not know', () => {
  expect(() => activationOf('swiglu')).toThrow(/“swiglu”.*gelu_new/);
});

describe('the losses of next tokens', () => {
  // torch.nn.functional.cross_entropy in float64; the gradients are of losses · (1, −2).
  const x = [1, 0, -1, 0.5, 2, 0];
  const table = [1, 2, 0, 0, -1, 1, 0.5, 0.5, 0.5, -1, 0, 2];
  const losses = [1.4197166, 0.0459438];
  const dx = [0.2660866, 0.8464105, -0.2660866, 0.0656465, 0.1454563, -0.0656465];
  const dTable = [
    ...[0.7021374, 0.1796176, -0.657233, 0.0875109, -0.0057437, -0.0889468],
    ...[-0.7952506, -0.1481323, 0.7582175, 0.0056023, -0.0257415, -0.0120376],
  ];

  it.each([4, 2 ** 20])('are those of torch in steps of %i bytes', (bytes) => {
    const { tf } = tensors;
    const targets = tf.tensor1d([2, 0], 'int32');
    const run = (rows: Tensor, words: Tensor) => tokenLosses(tf, rows, words, targets, { bytes });
    const args = [tf.tensor2d(x, [2, 3]), tf.tensor2d(table, [4, 3])];
    expect(distance(run(args[0]!, args[1]!), losses)).toBeLessThan(1e-6);
    const [toX, toTable] = tf.grads(run)(args, tf.tensor1d([1, -2]));
    expect(distance(toX!, dx)).toBeLessThan(1e-6);
    expect(distance(toTable!, dTable)).toBeLessThan(1e-6);
    const alone = tf.grad((rows: Tensor) => run(rows, args[1]!))(args[0]!, tf.tensor1d([1, -2]));
    expect(distance(alone, dx)).toBeLessThan(1e-6);
  });

  // As above, of logits 1.5·tanh(z / 1.5).
  const cappedLosses = [1.3986188, 0.6017129];
  const cappedDx = [0.0102193, 0.3371536, -0.3002805, -0.0379076, -0.1491075, -0.4721082];
  const cappedDTable = [
    ...[0.3953197, 0.0178428, -0.390859, 0.0599189, -0.0324577, -0.0680334],
    ...[-0.9362413, -0.7327166, 0.7530622, -0.0640664, -0.2727002, -0.0041086],
  ];

  it.each([4, 2 ** 20])('are those of torch where logits are capped, by %i bytes', (bytes) => {
    const { tf } = tensors;
    const targets = tf.tensor1d([2, 0], 'int32');
    const run = (rows: Tensor, words: Tensor) =>
      tokenLosses(tf, rows, words, targets, { bytes, cap: 1.5 });
    const args = [tf.tensor2d(x, [2, 3]), tf.tensor2d(table, [4, 3])];
    expect(distance(run(args[0]!, args[1]!), cappedLosses)).toBeLessThan(1e-6);
    const [toX, toTable] = tf.grads(run)(args, tf.tensor1d([1, -2]));
    expect(distance(toX!, cappedDx)).toBeLessThan(1e-6);
    expect(distance(toTable!, cappedDTable)).toBeLessThan(1e-6);
  });

  it('leave no tensor behind, nor more logits at a time than asked', () => {
    const { tf } = tensors;
    const [rows, width, words] = [64, 4, 1000];
    const args = [tf.randomNormal([rows, width]), tf.randomNormal([words, width])];
    const targets = tf.zeros([rows], 'int32');
    const peak = (bytes: number) => {
      const before = tf.memory();
      let most = 0;
      const { matMul } = tf;
      const watched = {
        ...tf,
        matMul: ((...given: Parameters<typeof matMul>) => {
          const product = matMul(...given);
          most = Math.max(most, tf.memory().numBytes - before.numBytes);
          return product;
        }) as typeof matMul,
      };
      const grad = tf.grad((x: Tensor) => tokenLosses(watched, x, args[1]!, targets, { bytes }));
      tf.tidy(() => void grad(args[0]!));
      expect(tf.memory().numTensors).toBe(before.numTensors);
      return most;
    };
    expect(peak(4 * words)).toBeLessThan(4 * words * 4);
    expect(peak(4 * words * rows)).toBeGreaterThan(4 * words * rows);
  });
});

it('scores unit embeddings against classes', () => {
  const { tf } = tensors;
  const classes = new Float32Array([1, 0, 0, 1, 0.6, 0.8]);
  const x = tf.tensor2d([0.8, 0.6], [1, 2]);
  const logits = zeroShotHead(classes, 3, 100).forward(tf, () => x, x, {});
  expect(logits.shape).toEqual([1, 3]);
  expect(distance(logits, [80, 60, 96])).toBeLessThan(1e-4);
});

it('refuses classes that are not whole rows', () => {
  expect(() => zeroShotHead(new Float32Array(7), 2, 1)).toThrow(/7 numbers has no 2 rows/);
});

it('bars padding and later tokens, and reads one row of each text', () => {
  const { tf } = tensors;
  const mask = paddingMask(tf, { attention: tf.tensor2d([1, 1, 0, 1, 0, 0], [2, 3]) })!;
  expect(mask.shape).toEqual([2, 1, 1, 3]);
  expect([...mask.dataSync()].map((value) => value < -1e8)).toEqual(
    [0, 0, 1, 0, 1, 1].map(Boolean),
  );
  expect(paddingMask(tf, {})).toBeNull();
  const causal = [...causalMask(tf, 3).dataSync()].map((value) => value < -1e8);
  expect(causal).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 0].map(Boolean));
  const near = [...causalMask(tf, 3, 2).dataSync()].map((value) => value < -1e8);
  expect(near).toEqual([0, 1, 1, 0, 0, 1, 1, 0, 0].map(Boolean));
  const x = tf.reshape(tf.range(0, 12), [2, 3, 2]);
  expect([...rowsAt(tf, x, tf.tensor1d([2, 0], 'int32')).dataSync()]).toEqual([4, 5, 6, 7]);
});

it('scales rows to a mean square of 1, the largest activations of large models too', () => {
  const { tf } = tensors;
  const info = { name: 'w', dtype: 'F32' as const, shape: [4], file: 0, start: 0, end: 16 };
  const weight = tf.tensor1d([1, 2, 3, 4]);
  const weights = new Weights({ 'norm.weight': { info, of: 'model' } }, () => weight);
  const x = tf.tensor2d([3e5, -4e5, 0, 0, 3e-5, -4e-5, 0, 0], [2, 4]);
  const norm = (oneMore: boolean) => rmsNorm(tf, weights, 'norm', x, { eps: 1e-12, oneMore });
  // Their roots of the mean square are 2.5e5 and 2.5e-5, beside which the second's √eps of 1e-6 makes 0.08 %.
  expect(distance(norm(false), [1.2, -3.2, 0, 0, 1.2, -3.2, 0, 0])).toBeLessThan(4e-3);
  expect(distance(norm(true), [2.4, -4.8, 0, 0, 2.4, -4.8, 0, 0])).toBeLessThan(5e-3);
});

it('turns the first pairs of each head by the place of its token', () => {
  const { tf } = tensors;
  const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 8]);
  const turned = rotate(tf, x, 4, { steps: [Math.PI / 2], scale: 1 });
  expect(distance(turned, [1, 2, 3, 4, 5, 6, 7, 8, -2, 1, 3, 4, -6, 5, 7, 8])).toBeLessThan(1e-6);
  const both = rotate(tf, x, 4, { steps: [Math.PI, Math.PI / 2], scale: 1 });
  expect(distance(both, [1, 2, 3, 4, 5, 6, 7, 8, -1, -4, -3, 2, -5, -8, -7, 6])).toBeLessThan(1e-6);
});

it('refuses a text that is longer than the positions', () => {
  const ids = tensors.tf.zeros([1, 9], 'int32');
  expect(tokenIds({ ids }, 9)).toBe(ids);
  expect(() => tokenIds({ ids }, 8)).toThrow(/9 tokens .* positions for 8/);
});
