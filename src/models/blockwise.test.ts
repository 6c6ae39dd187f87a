import { beforeAll, describe, expect, it } from 'vitest';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Tensor, Tf } from '../gpu/tf.ts';
import type { Block } from './block.ts';
import { forward, lossAndGradients, segmentsOf, type ParameterSource } from './blockwise.ts';

const width = 6;
let tensors: Tensors;
let weights: Map<string, Tensor>;
let batch: { pixels: Tensor };

const block = (id: string): Block => ({
  id,
  tensors: [
    {
      info: { name: id, dtype: 'F32', shape: [width, width], file: 0, start: 0, end: 0 },
      of: 'model',
    },
  ],
  forward: (tf, p, x, { pixels }) => tf.tanh(tf.matMul(x ?? pixels!, p(id))),
});
const blocks = ['a', 'b', 'c', 'd'].map(block);
const loss = (tf: Tf, y: Tensor) => tf.mean(tf.square(tf.sub(y, 0.5)));

/** Every block's parameter; `trainable` of them want gradients. */
function source(trainable: string): ParameterSource & { held(): number } {
  let held = 0;
  return {
    held: () => held,
    async load({ id }) {
      held++;
      return {
        params: new Map([[id, weights.get(id)!]]),
        trainable: trainable.includes(id) ? [id] : [],
        release: () => void held--,
      };
    },
  };
}

beforeAll(async () => {
  tensors = await openNodeTensors();
  const { tf } = tensors;
  weights = new Map(
    ['a', 'b', 'c', 'd'].map((id, i) => [id, tf.randomNormal([width, width], 0, 1, 'float32', i)]),
  );
  batch = { pixels: tf.randomNormal([3, width], 0, 1, 'float32', 9) };
});

/** Gradients of the whole model by one tape. */
function expected(names: string[]): { loss: number; gradients: Map<string, number[]> } {
  const { tf } = tensors;
  const { value, grads } = tf.valueAndGrads((...args: Tensor[]) => {
    const given = new Map(names.map((name, i) => [name, args[i]!]));
    let x = batch.pixels;
    for (const id of 'abcd') x = tf.tanh(tf.matMul(x, given.get(id) ?? weights.get(id)!));
    return loss(tf, x).asScalar();
  })(names.map((name) => weights.get(name)!));
  const gradients = new Map(names.map((name, i) => [name, [...grads[i]!.dataSync()]]));
  return { loss: value.dataSync()[0]!, gradients };
}

describe.each([true, false])('block by block, resident: %j', (resident) => {
  it.each(['abcd', 'bc', 'd', 'a'])(
    'the gradients of “%s” are those of one tape',
    async (names) => {
      const wanted = expected([...names]);
      const from = source(names);
      const found = new Map<string, number[]>();
      const result = await lossAndGradients(
        tensors.tf,
        segmentsOf(blocks, resident),
        loss,
        batch,
        from,
        async (gradients) => {
          for (const [name, gradient] of gradients) found.set(name, [...(await gradient.data())]);
        },
      );
      expect(result.loss).toBeCloseTo(wanted.loss, 6);
      expect(result.output).toHaveLength(3 * width);
      expect([...found.keys()].sort()).toEqual([...names]);
      for (const [name, gradient] of wanted.gradients)
        gradient.forEach((g, i) => expect(found.get(name)![i]).toBeCloseTo(g, 6));
      expect(from.held()).toBe(0);
    },
  );

  it('gives the loss alone when nothing is trainable', async () => {
    const segments = segmentsOf(blocks, resident);
    const refuse = () => Promise.reject(new Error('no gradient was asked for'));
    const result = await lossAndGradients(tensors.tf, segments, loss, batch, source(''), refuse);
    expect(result.loss).toBeCloseTo(expected(['a']).loss, 6);
  });

  it('leaves no tensor behind', async () => {
    const before = tensors.tf.memory().numTensors;
    for (let i = 0; i < 5; i++) {
      await lossAndGradients(
        tensors.tf,
        segmentsOf(blocks, resident),
        loss,
        batch,
        source('abcd'),
        async () => undefined,
      );
      (await forward(tensors.tf, blocks, batch, source(''))).dispose();
    }
    expect(tensors.tf.memory().numTensors).toBe(before);
  });

  it('leaves no tensor behind when a consumer fails', async () => {
    const before = tensors.tf.memory().numTensors;
    const from = source('abcd');
    const failing = lossAndGradients(
      tensors.tf,
      segmentsOf(blocks, resident),
      loss,
      batch,
      from,
      () => Promise.reject(new Error('stop')),
    );
    await expect(failing).rejects.toThrow('stop');
    await new Promise((resolve) => setTimeout(resolve));
    expect(tensors.tf.memory().numTensors).toBe(before);
    expect(from.held()).toBe(0);
  });

  it('releases every parameter when a block fails', async () => {
    const from = source('abcd');
    const broken = blocks.map((each) =>
      each.id === 'c'
        ? {
            ...each,
            forward: (): Tensor => {
              throw new Error('no such shape');
            },
          }
        : each,
    );
    const run = () =>
      lossAndGradients(
        tensors.tf,
        segmentsOf(broken, resident),
        loss,
        batch,
        from,
        async () => undefined,
      );
    await expect(run()).rejects.toThrow('no such shape');
    await expect(forward(tensors.tf, broken, batch, from)).rejects.toThrow('no such shape');
    expect(from.held()).toBe(0);
  });
});
