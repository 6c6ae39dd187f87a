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

it.each([
  [1, 5],
  [2, 3],
  [2, 4],
  [7, 3],
])('multiplies %i rows by a transposed matrix of %i, leaving nothing behind', (rows, columns) => {
  const { numTensors, numBytes } = tf.memory();
  const a = tf.range(0, rows * 3).reshape([rows, 3]);
  const b = tf.range(1, columns * 3 + 1).reshape([columns, 3]);
  const product = tf.matMul(a, b, false, true);
  const expected = Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return [0, 1, 2].reduce((sum, k) => sum + (3 * i + k) * (3 * j + k + 1), 0);
  });
  expect(product.shape).toEqual([rows, columns]);
  expect([...product.dataSync()]).toEqual(expected);
  tf.dispose([product, a, b]);
  expect(tf.memory().numTensors - numTensors).toBe(2); // the two that reshape was given
  expect(tf.memory().numBytes - numBytes).toBe(4 * 3 * (rows + columns));
});
