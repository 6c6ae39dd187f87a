import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Batch, Block, Tensor } from './block.ts';
import {
  blocksOf,
  describeGolden,
  goldenNames,
  readTensors,
  type Golden,
} from '../test/parityTests.ts';
import { zeroShotHead } from './zeroShot.ts';

// Central differences along the gradient and along a random direction, both of length 1, with a step of 1/64. In float32
// the outputs carry about 1e-6 of rounding, which the step makes 1e-4; curvature adds as much.
const step = 1 / 64;
const tolerance = 1e-3;

async function read(name: string): Promise<Golden> {
  const url = new URL(`./goldens/${name}.safetensors`, import.meta.url);
  const bytes = new Uint8Array(await readFile(url));
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  return { name, bytes, ...(await readSafetensorsHeader(source, 0)) };
}

let tensors: Tensors;
beforeAll(async () => {
  tensors = await openNodeTensors();
});
afterAll(() => tensors.close());

const length = (values: readonly number[]) => Math.hypot(...values);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

/** The gradients of Σ r·y of one block that disagree with central differences, for each of its parameters and its input. */
function disagreements(
  block: Block,
  params: ReadonlyMap<string, Tensor>,
  x: Tensor | null,
  batch: Batch,
): string[] {
  const { tf } = tensors;
  const names = [...new Set(block.tensors.map(({ info }) => info.name))];
  const args = [...names.map((name) => params.get(name)!), ...(x ? [x] : [])];
  const evaluate = (given: readonly Tensor[]) =>
    block.forward(
      tf,
      (name) => given[names.indexOf(name)]!,
      x ? given[names.length]! : null,
      batch,
    );
  const shape = tf.tidy(() => evaluate(args).shape);
  const upstream = tf.randomNormal(shape, 0, 1, 'float32', 5);
  const weights = upstream.dataSync();
  const gradients = tf.tidy(() => tf.grads((...given) => evaluate(given))(args, upstream));
  /** Σ r·y in double precision, with argument k moved. */
  const moved = (k: number, direction: readonly number[], by: number) =>
    tf.tidy(() => {
      const shift = tf.tensor(direction, args[k]!.shape).mul(by);
      const given = args.map((arg, i) => (i === k ? tf.add(arg, shift) : arg));
      return dot(evaluate(given).dataSync(), weights);
    });
  const wrong = gradients.flatMap((gradient, k) => {
    const values = [...gradient.dataSync()];
    const size = length(values);
    const random = [
      ...tf.tidy(() => tf.randomNormal([values.length], 0, 1, 'float32', k).dataSync()),
    ];
    const along = values.map((value) => value / (size || 1));
    const across = random.map((value) => value / length(random));
    return [along, across].flatMap((direction) => {
      const slope = (moved(k, direction, step) - moved(k, direction, -step)) / (2 * step);
      const off = Math.abs(slope - dot(values, direction));
      const good = off <= tolerance * Math.max(size, 1);
      return good ? [] : [`${names[k] ?? 'input'}: off by ${off} of ${size}`];
    });
  });
  tf.dispose([upstream, ...gradients]);
  return wrong;
}

const goldens = await Promise.all(goldenNames.map(read));
const cases = goldens.flatMap((golden) =>
  describeGolden(golden).cases.map((each) => ({ golden, each })),
);

describe.each(cases)('$golden.name $each.case', ({ golden, each }) => {
  it('has the gradients that central differences give', () => {
    const { tf } = tensors;
    const params = readTensors(tensors, golden);
    const batch: Batch = Object.fromEntries(readTensors(tensors, golden, 'input.'));
    const blocks = blocksOf(golden, each, describeGolden(golden).config);
    let x: Tensor | null = null;
    for (const block of blocks) {
      expect(disagreements(block, params, x, batch).map((fault) => `${block.id} ${fault}`)).toEqual(
        [],
      );
      x = block.forward(tf, (name) => params.get(name)!, x, batch);
    }
  });
});

it('zeroShot has the gradients that central differences give', () => {
  const x = tensors.tf.randomNormal([3, 4], 0, 1, 'float32', 1);
  const classes = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
  expect(disagreements(zeroShotHead(classes, 2, 3), new Map(), x, {})).toEqual([]);
});
