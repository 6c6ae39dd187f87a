import { expect, it } from 'vitest';
import { mulberry32 } from '../data/random.ts';
import { tokenExamples } from '../data/tokenExamples.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Block } from './block.ts';
import type { ParameterSource } from './blockwise.ts';
import { predict } from './evaluate.ts';

const tensors = await openNodeTensors();
const source: ParameterSource = {
  load: async () => ({ params: new Map(), trainable: [], release: () => undefined }),
};
const random = mulberry32(2);
const texts = Array.from({ length: 700 }, (_, i) => {
  const ids = Array.from({ length: 1 + Math.floor(random() * 60) }, (_, k) => 2 + ((i + k) % 90));
  return { ids, types: ids.map(() => 0), at: 0, truncated: false };
});
const { signal } = new AbortController();

it('gives the outputs in the order of the examples, and tells how many are done', async () => {
  const shapes: number[][] = [];
  const told: number[] = [];
  const sums: Block = {
    ...{ id: 'sums', tensors: [] },
    forward(tf, _params, _x, { ids, attention }) {
      shapes.push(ids!.shape);
      return tf.sum(tf.mul(tf.cast(ids!, 'float32'), attention!), 1, true);
    },
  };
  const examples = tokenExamples(texts, [], 1);
  const { numTensors } = tensors.tf.memory();
  const found = await predict(tensors, { blocks: [sums] }, examples, source, signal, (done) =>
    told.push(done),
  );
  expect(found.width).toBe(1);
  expect([...found.values]).toEqual(texts.map(({ ids }) => ids.reduce((a, b) => a + b, 0)));
  expect(told.at(-1)).toBe(texts.length);
  expect(tensors.tf.memory().numTensors).toBe(numTensors);
  const lengths = shapes.map(([, length]) => length!);
  expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
  shapes.forEach(([size, length]) => expect(size! * length!).toBeLessThanOrEqual(4096));
});

it('pads rows of different widths with zeros', async () => {
  const marks: Block = {
    ...{ id: 'marks', tensors: [] },
    forward: (tf, _params, _x, { attention }) => tf.clone(attention!),
  };
  const few = texts.slice(0, 9);
  const examples = tokenExamples(few, [], 1);
  const { values, width } = await predict(tensors, { blocks: [marks] }, examples, source, signal);
  few.forEach(({ ids }, i) => {
    const row = [...values.subarray(i * width, (i + 1) * width)];
    expect(row).toEqual(Array.from({ length: width }, (_, k) => Number(k < ids.length)));
  });
});
