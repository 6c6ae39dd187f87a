import { expect, it } from 'vitest';
import { readSafetensorsHeader } from './safetensors.ts';
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

/** The file with this header, its tensors being zeros. */
const fileOf = (header: Uint8Array<ArrayBuffer>, bytes: number) => ({
  path: 'a.safetensors',
  blob: new Blob([header, new Uint8Array(bytes)]),
});

it('writes the header that the Python library writes', async () => {
  const bytes = writeSafetensorsHeader(inLibraryOrder(tensors), { format: 'pt' });
  expect([...bytes.subarray(0, 8)]).toEqual([0xd0, 1, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(bytes.subarray(8))).toBe(golden);
  const read = await readSafetensorsHeader(fileOf(bytes, 52), 0);
  expect(read.tensors[1]).toMatchObject({ start: 472 + 16, end: 472 + 40 });
});

it('keeps the order given and reads back as written', async () => {
  const bytes = writeSafetensorsHeader(tensors, { format: 'pt', 'ü"': '\n' });
  const read = await readSafetensorsHeader(fileOf(bytes, 52), 3);
  const ends = [24, 28, 32, 33, 49, 49, 52].map((end) => bytes.length + end);
  expect(read.tensors).toEqual(
    tensors.map((tensor, at) => {
      const start = ends[at - 1] ?? bytes.length;
      return { ...tensor, file: 3, start, end: ends[at] };
    }),
  );
  expect(read.metadata).toEqual({ format: 'pt', 'ü"': '\n' });
});

it('writes a file without tensors', async () => {
  const bytes = writeSafetensorsHeader([], {});
  expect(await readSafetensorsHeader(fileOf(bytes, 0), 0)).toEqual({ tensors: [], metadata: {} });
});
