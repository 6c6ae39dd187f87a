import { expect, test } from 'vitest';
import { composePatch, takeKept, type PatchTensor } from './patch.ts';

const facts = {
  ...{ base: 'b5', task: 'cars', version: '1.2.3' },
  settings: '{"localizer":"hard","density":0.01}',
};

const fromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A chunk from positions counted in it, and little-endian bytes as hex. */
const chunk = (start: number, elements: number, set: readonly number[], hex: string) => ({
  ...{ start, elements },
  open: () => {
    const words = new Uint32Array(Math.ceil(elements / 32));
    for (const k of set) words[k >> 5]! |= 1 << (k & 31);
    return Promise.resolve({ words, values: fromHex(hex) });
  },
});

/** F16 elements 0 … n − 1 as hex, whose bits are their number from `first`. */
const halves = (first: number, n: number) =>
  Array.from({ length: n }, (_, i) => (first + i).toString(16).padStart(2, '0') + '3c').join('');

const attention: PatchTensor = {
  ...{ name: 'q.weight', dtype: 'F16', elements: 40, kept: 3 },
  chunks: [chunk(0, 32, [0, 31], halves(0, 32)), chunk(32, 8, [1], halves(32, 8))],
};
const norm: PatchTensor = {
  ...{ name: 'a.norm', dtype: 'F32', elements: 3, kept: 2 },
  chunks: [chunk(0, 3, [1, 2], '0000803f' + '0000c07f' + '00000080')],
};
const far: PatchTensor = {
  ...{ name: 'far', dtype: 'F16', elements: 300_000, kept: 1 },
  chunks: [chunk(199_968, 64, [32], halves(0, 64))],
};
const apart: PatchTensor = {
  ...{ name: 'apart', dtype: 'F16', elements: 2000, kept: 2 },
  chunks: [chunk(960, 64, [40], halves(0, 64)), chunk(1024, 64, [0], halves(64, 64))],
};
const untouched: PatchTensor = {
  ...{ name: 'bias', dtype: 'F32', elements: 2, kept: 0 },
  chunks: [chunk(0, 2, [], '0000000000000000')],
};

const metadata = (form: string) =>
  `{"format":"pt","stitchwork_patch":"${form}",` +
  '"stitchwork_base":"b5","stitchwork_task":"cars",' +
  '"stitchwork_settings":"{\\"localizer\\":\\"hard\\",\\"density\\":0.01}","stitchwork_version":"1.2.3"}';

test('a patch holds ascending positions and the bits of the fine-tuned values, tensor by tensor', async () => {
  const { name, blob } = await composePatch(
    'cars.safetensors',
    [attention, norm, far, apart, untouched],
    facts,
  );
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const headerBytes = new DataView(bytes.buffer).getUint32(0, true);
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)).trimEnd();
  expect(name).toBe('cars.safetensors');
  expect(headerBytes % 8).toBe(0);
  expect(header).toBe(
    `{"__metadata__":${metadata('2')},` +
      '"a.norm.values":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
      '"far.indices":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},' +
      '"apart.values":{"dtype":"F16","shape":[2],"data_offsets":[12,16]},' +
      '"far.values":{"dtype":"F16","shape":[1],"data_offsets":[16,18]},' +
      '"q.weight.values":{"dtype":"F16","shape":[3],"data_offsets":[18,24]},' +
      '"apart.gaps":{"dtype":"U16","shape":[2],"data_offsets":[24,28]},' +
      '"a.norm.gaps":{"dtype":"U8","shape":[2],"data_offsets":[28,30]},' +
      '"q.weight.gaps":{"dtype":"U8","shape":[3],"data_offsets":[30,33]}}',
  );
  // The second value of the norm is a NaN, the third −0: bits, not numbers, are kept.
  expect(toHex(bytes.subarray(8 + headerBytes))).toBe(
    '0000c07f00000080' + // a.norm.values
      '400d0300' + // far.indices
      '283c403c203c003c1f3c213c' + // values of apart, far and q.weight
      'e8031800' + // apart.gaps
      '0101001f02', // gaps of a.norm and q.weight
  );
});

test('a mask without positions is a patch with a header alone', async () => {
  const { blob } = await composePatch('none', [untouched], facts);
  const text = await blob.text();
  expect(text.slice(8).trimEnd()).toBe(`{"__metadata__":${metadata('1')}}`);
});

test('a bit right after the last element is none of the chunk’s', () => {
  const { indices, values } = takeKept(Uint32Array.of(0b110_0000), Uint8Array.of(5, 6), 1, 100, 6);
  expect([...indices]).toEqual([105]);
  expect(values).toHaveLength(1);
});

test('another number of positions than counted is refused', async () => {
  await expect(composePatch('x', [{ ...attention, kept: 4 }], facts)).rejects.toMatchObject({
    kind: 'Bug',
    message: 'The mask holds 3 positions of q.weight, not 4.',
  });
});

test('a tensor with more weights than I32 numbers is refused before it is read', async () => {
  const huge = { ...attention, elements: 2 ** 31 + 1 };
  await expect(composePatch('x', [huge], facts)).rejects.toMatchObject({ kind: 'Unsupported' });
});

const perWeight: [dtype: 'F32' | 'F16', every: number, bytes: number][] = [
  ['F32', 100_000, 8],
  ['F32', 60_000, 6],
  ['F32', 100, 5],
  ['F16', 100, 3],
];

for (const [dtype, every, bytes] of perWeight)
  test(`one ${dtype} weight in ${every} takes ${bytes} bytes`, async () => {
    const kept = 1024;
    const values = '0'.repeat(dtype === 'F32' ? 8 : 4);
    const chunks = Array.from({ length: kept }, (_, i) => chunk(i * every, 1, [0], values));
    const elements = kept * every;
    const { blob } = await composePatch('w', [{ name: 'w', dtype, elements, kept, chunks }], facts);
    expect(blob.size - kept * bytes).toBeLessThan(512);
  });
