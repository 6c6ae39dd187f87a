import { beforeAll, expect, it } from 'vitest';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensor, Tf } from './tf.ts';

let tf: Tf;
beforeAll(async () => {
  ({ tf } = await openNodeTensors());
});

it.each([
  [[0], false, [6, 8, 10, 12, 14, 16], [2, 3]],
  [[0], true, [6, 8, 10, 12, 14, 16], [1, 2, 3]],
  [[0, 1], false, [18, 22, 26], [3]],
  [[1], false, [3, 5, 7, 15, 17, 19], [2, 3]],
  [[0, 1, 2], false, [66], []],
  [[0, 2], false, [24, 42], [2]],
])('sums over the axes %j, kept: %j', (axes, kept, values, shape) => {
  const sum = tf.tidy(() => tf.sum(tf.range(0, 12).reshape([2, 2, 3]), axes, kept));
  expect([...sum.dataSync()]).toEqual(values);
  expect(sum.shape).toEqual(shape);
  sum.dispose();
});

it('sums integers, and over no axis', () => {
  const sum = tf.tidy(() => tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'), 0));
  expect([sum.dtype, ...sum.dataSync()]).toEqual(['int32', 4, 6]);
  const same = tf.tidy(() => tf.sum(tf.tensor1d([1, 2]), []));
  expect([...same.dataSync()]).toEqual([1, 2]);
  tf.dispose([sum, same]);
});

it('clones a tensor that outlives the one it was cloned from', () => {
  const { numTensors, numBytes } = tf.memory();
  const x: Tensor = tf.tensor1d([1, 2, 3]);
  const y = tf.clone(x);
  x.dispose();
  const z = tf.add(y, 1);
  expect([...y.dataSync(), ...z.dataSync()]).toEqual([1, 2, 3, 2, 3, 4]);
  tf.dispose([y, z]);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
});

const values = (shape: number[]) =>
  tf.tidy(() => tf.sin(tf.range(1, 1 + tf.util.sizeFromShape(shape)).reshape(shape)));

it.each([
  [[7, 3], [3, 5], false, false],
  [[7, 3], [5, 3], false, true],
  [[3, 7], [3, 5], true, false],
  [[3, 7], [5, 3], true, true],
  [[2, 3, 9, 4], [2, 3, 4, 6], false, false],
  [[2, 3, 9, 4], [2, 3, 6, 4], false, true],
  [[2, 9, 4], [1, 9, 6], true, false],
  [[5, 4], [3, 4, 2], false, false],
  [[2, 0], [0, 3], false, false],
] as const)(
  'multiplies %j by %j, transposed: %j, %j, leaving nothing behind',
  (shapeA, shapeB, turnA, turnB) => {
    const { numTensors, numBytes } = tf.memory();
    const [a, b] = [values([...shapeA]), values([...shapeB])];
    const product = tf.matMul(a, b, turnA, turnB);
    const expected = tf.tidy(() => {
      const swapped = (x: Tensor) =>
        [...x.shape.keys()].slice(0, -2).concat(x.rank - 1, x.rank - 2);
      const [left, right] = [a, b].map((x, i) =>
        [turnA, turnB][i] ? tf.transpose(x, swapped(x)) : x,
      );
      return tf.sum(tf.mul(tf.expandDims(left!, -1), tf.expandDims(right!, -3)), -2);
    });
    expect(product.shape).toEqual(expected.shape);
    const wanted = expected.dataSync();
    product.dataSync().forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
    tf.dispose([a, b, product, expected]);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  },
);

it('refuses to multiply what does not fit', () => {
  const a = values([2, 3]);
  expect(() => tf.matMul(a, a)).toThrow('[2,3]');
  a.dispose();
});
