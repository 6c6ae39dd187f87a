import { beforeAll, expect, it } from 'vitest';
import { openNodeTensors } from '../../test/nodeTensors.ts';
import { activationOf } from '../../models/activations.ts';
import { attention } from '../../models/layers.ts';
import type { Tensor, Tf } from '../tf.ts';

let tf: Tf;
beforeAll(async () => {
  ({ tf } = await openNodeTensors());
});

/** x·Φ(x) at these points, by SciPy's ndtr. */
const gelus: [number, number][] = [
  [-30, 0],
  [-4, -1.2668497e-4],
  [-1, -0.15865525],
  [-0.001, -4.9960106e-4],
  [0, 0],
  [0.5, 0.34573123],
  [3, 2.9959503],
  [50, 50],
];

it('has the values of GELU and its slopes from far below 0 to far above', () => {
  const x = tf.tensor1d(gelus.map(([at]) => at));
  const gelu = activationOf('gelu');
  const [values, slopes] = tf.tidy(() => [gelu(tf, x), tf.grad((x: Tensor) => gelu(tf, x))(x)]);
  values!.dataSync().forEach((value, i) => expect(value).toBeCloseTo(gelus[i]![1], 6));
  const phi = (at: number) => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  const slopesOf = gelus.map(([at, value]) => (at === 0 ? 0.5 : value / at) + at * phi(at));
  slopes!.dataSync().forEach((slope, i) => expect(slope).toBeCloseTo(slopesOf[i]!, 5));
  tf.dispose([x, values!, slopes!]);
});

it.each([
  [1, [2, 1, 1, 1]],
  [5, [2, 1, 1, 5]],
  [6, [6, 6]],
  [7, null],
])('attends over %i tokens with a mask of shape %j as softmax says', (length, maskShape) => {
  const { numTensors, numBytes } = tf.memory();
  const shape = [2, length, 12];
  const [q, k, v] = [1, 2, 3].map((seed) => tf.randomNormal(shape, 0, 1, 'float32', seed));
  const bars = maskShape && tf.tidy(() => tf.mul(tf.randomUniform(maskShape, 0, 3).floor(), -1));
  const out = tf.tidy(() => attention(tf, [q!, k!, v!], { heads: 3 }, bars));
  const found = out.arraySync();
  const [queries, keys, values] = [q, k, v].map((x) => x!.arraySync() as number[][][]);
  const barOf = (text: number, i: number, j: number): number => {
    if (!bars) return 0;
    const [rows = 1, columns = 1] = bars.shape.slice(-2);
    const at = (bars.rank === 4 ? text * rows : 0) + (rows > 1 ? i : 0);
    return bars.dataSync()[at * columns + j]!;
  };
  const places = [...queries![0]!.keys()];
  for (const text of [0, 1])
    for (const i of places)
      for (let at = 0; at < 12; at++) {
        const head = [0, 1, 2, 3].map((d) => d + 4 * Math.floor(at / 4));
        const powers = places.map((j) => {
          const score = head.reduce(
            (s, d) => s + queries![text]![i]![d]! * keys![text]![j]![d]!,
            0,
          );
          return Math.exp(score / 2 + barOf(text, i, j));
        });
        const total = powers.reduce((a, b) => a + b, 0);
        const mean = places.reduce((s, j) => s + (powers[j]! / total) * values![text]![j]![at]!, 0);
        expect((found as number[][][])[text]![i]![at]).toBeCloseTo(mean, 5);
      }
  tf.dispose([out, q!, k!, v!, ...(bars ? [bars] : [])]);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
});

it('gives a text the same bits alone as padded in a batch of others', () => {
  const found: number[][] = [];
  tf.tidy(() => {
    const [q, k, v] = [4, 5, 6].map((seed) =>
      tf.randomNormal([3, 8, 12], 0, 1, 'float32', seed),
    ) as [Tensor, Tensor, Tensor];
    const bars = tf.tensor4d([0, 0, 0, 0, 0, -1e9, -1e9, -1e9], [1, 1, 1, 8]).tile([3, 1, 1, 1]);
    const alone = [q, k, v].map((x) => tf.slice(x, [1, 0, 0], [1, 5, 12]));
    const weight = tf.randomNormal([12, 10], 0, 1, 'float32', 7);
    const project = (x: Tensor) => tf.matMul(tf.reshape(x, [-1, 12]), weight);
    const shape = { heads: 2 };
    const inBatch = project(attention(tf, [q, k, v], shape, bars))
      .dataSync()
      .slice(80, 130);
    const [one, two, three] = alone as [Tensor, Tensor, Tensor];
    const byItself = project(attention(tf, [one, two, three], shape, null)).dataSync();
    found.push([...inBatch], [...byItself]);
  });
  expect(found[0]).toEqual(found[1]);
});
