import { expect, test } from 'vitest';
import { composeWeights, type TensorSource } from './outputFiles.ts';

function tensor(name: string, values: readonly number[]): TensorSource {
  const bytes = Float32Array.from(values);
  return {
    ...{ name, dtype: 'F32', shape: [values.length], bytes: bytes.byteLength },
    open: () => Promise.resolve(new Blob([bytes])),
  };
}

const tensors = [tensor('b', [3, 4, 5]), tensor('a', [1, 2]), tensor('c', [6])];

const valuesOf = async (blob: Blob) => {
  const bytes = await blob.arrayBuffer();
  const header = Number(new DataView(bytes).getBigUint64(0, true));
  return [...new Float32Array(bytes.slice(8 + header))];
};

test('without a limit all tensors go into one file, in the order of their names', async () => {
  const files = await composeWeights(tensors, { format: 'pt' }, Infinity);
  expect(files.map(({ name }) => name)).toEqual(['model.safetensors']);
  expect(await valuesOf(files[0]?.blob ?? new Blob())).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a tensor whose stored bytes are too few is told, and no file made', async () => {
  const short = { ...tensor('d', [7, 8]), open: async () => new Blob([new Uint8Array(5)]) };
  await expect(composeWeights([...tensors, short], {}, Infinity)).rejects.toMatchObject({
    kind: 'BadFile',
    message:
      'The stored result is damaged: 5 of 8 bytes are there of the tensor d. Delete the result and merge again.',
  });
});

test('over the limit a new shard begins, and the index names the shard of every tensor', async () => {
  const files = await composeWeights(tensors, { format: 'pt' }, 20);
  const [first, second, index] = files;
  expect(files.map(({ name }) => name)).toEqual([
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ]);
  expect(await valuesOf(first?.blob ?? new Blob())).toEqual([1, 2, 3, 4, 5]);
  expect(await valuesOf(second?.blob ?? new Blob())).toEqual([6]);
  expect(JSON.parse((await index?.blob.text()) ?? '')).toEqual({
    metadata: { total_size: 24 },
    weight_map: {
      a: 'model-00001-of-00002.safetensors',
      b: 'model-00001-of-00002.safetensors',
      c: 'model-00002-of-00002.safetensors',
    },
  });
});

test('a tensor over the limit fills a shard of its own', async () => {
  const files = await composeWeights(tensors, { format: 'pt' }, 9);
  const weights = files.filter(({ name }) => name.endsWith('.safetensors'));
  expect(await Promise.all(weights.map(({ blob }) => valuesOf(blob)))).toEqual([
    [1, 2],
    [3, 4, 5],
    [6],
  ]);
});
