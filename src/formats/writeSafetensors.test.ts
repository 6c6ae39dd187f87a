import { expect, it } from 'vitest';
import { parseSafetensorsHeader, readSafetensorsHeader } from './safetensors.ts';
import { inLibraryOrder, writeSafetensorsHeader, type TensorToWrite } from './writeSafetensors.ts';

const tensors: TensorToWrite[] = [
  { name: 'b.weight', dtype: 'F32', shape: [2, 3] },
  { name: 'a.weight', dtype: 'F16', shape: [2] },
  { name: 'é🧵', dtype: 'F32', shape: [] },
  { name: 'flag', dtype: 'BOOL', shape: [1] },
  { name: 'ids', dtype: 'I64', shape: [2] },
  { name: 'empty', dtype: 'F32', shape: [0, 3] },
  { name: 'quote"\\\n', dtype: 'U8', shape: [3] },
];

/** Made by scripts/goldenSafetensors.py with safetensors 0.8.0; its first 8 + 464 bytes. */
const golden =
  '{"__metadata__":{"format":"pt"},"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]},"empty":{"dtype":"F32","shape":[0,3],"data_offsets":[40,40]},"é🧵":{"dtype":"F32","shape":[],"data_offsets":[40,44]},"a.weight":{"dtype":"F16","shape":[2],"data_offsets":[44,48]},"quote\\"\\\\\\n":{"dtype":"U8","shape":[3],"data_offsets":[48,51]},"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[51,52]}}       ';

it('writes the header that the Python library writes', () => {
  const { bytes, offsets, fileBytes } = writeSafetensorsHeader(inLibraryOrder(tensors), {
    format: 'pt',
  });
  expect([...bytes.subarray(0, 8)]).toEqual([0xd0, 1, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(bytes.subarray(8))).toBe(golden);
  expect(offsets[1]).toEqual({ start: 472 + 16, end: 472 + 40 });
  expect(fileBytes).toBe(472 + 52);
});

it('keeps the order given and reads back as written', () => {
  const { bytes, offsets, fileBytes } = writeSafetensorsHeader(tensors, {
    format: 'pt',
    'ü"': '\n',
  });
  const read = parseSafetensorsHeader('a.safetensors', bytes.subarray(8), fileBytes, 3);
  expect(read.tensors).toEqual(
    tensors.map((tensor, at) => ({ ...tensor, file: 3, ...offsets[at] })),
  );
  expect(read.metadata).toEqual({ format: 'pt', 'ü"': '\n' });
});

it('writes a file without tensors', async () => {
  const { bytes } = writeSafetensorsHeader([], {});
  const source = { path: 'none.safetensors', blob: new Blob([bytes]) };
  expect(await readSafetensorsHeader(source, 0)).toEqual({ tensors: [], metadata: {} });
});
