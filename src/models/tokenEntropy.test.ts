import { afterAll, beforeAll, expect, it } from 'vitest';
import { mulberry32 } from '../data/random.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import { tokenEntropies } from './tokenEntropy.ts';

const [rows, width, words] = [5, 4, 7];
const random = mulberry32(3);
const draw = (n: number) => Array.from({ length: n }, () => 2 * random() - 1);
const [x, table, upstream] = [draw(rows * width), draw(words * width), draw(rows)];

/** Entropies in double precision, by their definition. */
function entropies(x: readonly number[], table: readonly number[], cap: number | null): number[] {
  return Array.from({ length: rows }, (_, r) => {
    const logits = Array.from({ length: words }, (_, w) => {
      let z = 0;
      for (let k = 0; k < width; k++) z += x[r * width + k]! * table[w * width + k]!;
      return cap === null ? z : cap * Math.tanh(z / cap);
    });
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    return logits.reduce((sum, z) => {
      const share = Math.exp(z) / total;
      return sum - share * Math.log(share);
    }, 0);
  });
}

/** Central differences of Σ r·H in each number. */
const slopes = (values: readonly number[], told: (moved: readonly number[]) => number[]) =>
  values.map((value, i) => {
    const at = (step: number) =>
      told(values.with(i, value + step)).reduce((sum, h, r) => sum + h * upstream[r]!, 0);
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  });

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});
afterAll(() => tensors.close());

it.each([null, 0.7])(
  'entropies and their gradients are those of the formula, cap %s',
  async (cap) => {
    const { tf } = tensors;
    const before = tf.memory().numTensors;
    // Two rows at a time.
    const bytes = 2 * 4 * words;
    const args = [tf.tensor2d(x, [rows, width]), tf.tensor2d(table, [words, width])];
    const value = tf.tidy(() => tokenEntropies(tf, args[0]!, args[1]!, { bytes, cap }));
    const dy = tf.tensor1d(upstream);
    const grads = tf.tidy(() =>
      tf.grads((a, b) => tokenEntropies(tf, a!, b!, { bytes, cap }))(args, dy),
    );
    const [own, ofX, ofTable] = await Promise.all([value, ...grads].map((each) => each.data()));
    tf.dispose([value, dy, ...args, ...grads]);
    entropies(x, table, cap).forEach((wanted, r) => expect(own![r]).toBeCloseTo(wanted, 5));
    slopes(x, (moved) => entropies(moved, table, cap)).forEach((wanted, i) =>
      expect(ofX![i]).toBeCloseTo(wanted, 5),
    );
    slopes(table, (moved) => entropies(x, moved, cap)).forEach((wanted, i) =>
      expect(ofTable![i]).toBeCloseTo(wanted, 5),
    );
    expect(tf.memory().numTensors).toBe(before);
  },
);
