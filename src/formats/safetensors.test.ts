import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { dtypeBits } from '../tensor/dtype.ts';
import { safetensorsBytes, seededRandom } from '../test/fileBytes.ts';
import { maxHeaderBytes, readSafetensorsHeader } from './safetensors.ts';

const read = (bytes: Uint8Array<ArrayBuffer>) =>
  readSafetensorsHeader({ path: 'a.safetensors', blob: new Blob([bytes]) }, 2);

const f32 = (shape: string, offsets: string) =>
  `{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;

describe('a valid file', () => {
  it('gives tensors by offset, with their bytes counted from the start of the file', async () => {
    const header = `{"__metadata__":{"format":"pt","__proto__":"x"},"b":${f32('[2]', '[4,12]')},"a":${f32('[]', '[0,4]')}}  `;
    const start = 8 + header.length;
    const { tensors, metadata } = await read(safetensorsBytes(header, 12));
    expect(tensors).toEqual([
      { name: 'a', dtype: 'F32', shape: [], file: 2, start, end: start + 4 },
      { name: 'b', dtype: 'F32', shape: [2], file: 2, start: start + 4, end: start + 12 },
    ]);
    expect(Object.entries(metadata)).toEqual([
      ['format', 'pt'],
      ['__proto__', 'x'],
    ]);
  });

  it.each([
    ['no tensors', '{}', 0],
    ['tensors of no elements', `{"a":${f32('[0,7]', '[0,0]')},"b":${f32('[0]', '[0,0]')}}`, 0],
    [
      'an empty tensor between others',
      `{"a":${f32('[1]', '[0,4]')},"e":${f32('[0]', '[4,4]')},"b":${f32('[1]', '[4,8]')}}`,
      8,
    ],
    ['__proto__ as a tensor', `{"__proto__":${f32('[1]', '[0,4]')}}`, 4],
    ['spaces and line ends between tokens', `{ "a" :\n${f32('[ 1 ]', '[ 0 , 4 ]')} }`, 4],
    ['whole bytes of F4', '{"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]}}', 3],
    ['whole bytes of F6', '{"a":{"dtype":"F6_E3M2","shape":[4],"data_offsets":[0,3]}}', 3],
  ])('may hold %s', async (_, header, dataBytes) => {
    await expect(read(safetensorsBytes(header, dataBytes))).resolves.toBeDefined();
  });

  it('may hold each of the 22 dtypes', async () => {
    const dtypes = Object.entries(dtypeBits);
    expect(dtypes).toHaveLength(22);
    for (const [dtype, bits] of dtypes) {
      const header = `{"a":{"dtype":"${dtype}","shape":[2,4],"data_offsets":[0,${bits}]}}`;
      const { tensors } = await read(safetensorsBytes(header, bits));
      expect(tensors[0]?.dtype).toBe(dtype);
    }
  });
});

const valid = `{"a":${f32('[1]', '[0,4]')}}`;
const entry = (text: string) => safetensorsBytes(`{"a":${text}}`, 4);

/** Name of the malformation, the file, and the fault that its message states. */
const malformations: [string, Uint8Array<ArrayBuffer>, string][] = [
  ['a file of 7 bytes', new Uint8Array(7), 'is cut off: it has 7 bytes'],
  [
    'a header past the end of the file',
    safetensorsBytes(valid, 0, 999),
    'is cut off: its header ends at byte 1007, the file at byte 62',
  ],
  [
    'a header one byte past the end of the file',
    safetensorsBytes(valid, 0, valid.length + 1),
    'is cut off: its header ends at byte 63, the file at byte 62',
  ],
  [
    'a header over the cap',
    safetensorsBytes(valid, 4, maxHeaderBytes + 1),
    'states a header of 100000001 bytes, over the cap of 100,000,000',
  ],
  [
    'a header length of 2^63',
    safetensorsBytes(valid, 4).fill(0x80, 7, 8),
    'states a header of 9223372036854775862 bytes',
  ],
  [
    'an empty header',
    safetensorsBytes(''),
    'has a header that begins with nothing instead of {, at byte 8',
  ],
  [
    'a header that begins with a space',
    safetensorsBytes(` ${valid}`, 4),
    'has a header that begins with 0x20 instead of {, at byte 8',
  ],
  [
    'a byte-order mark',
    safetensorsBytes(`\ufeff${valid}`, 4),
    'has a header that begins with 0xef instead of {',
  ],
  [
    'a header that is a list',
    safetensorsBytes('[]'),
    'has a header that begins with 0x5b instead of {',
  ],
  [
    'a header that is not UTF-8',
    safetensorsBytes(valid, 4).fill(0xff, 10, 11),
    'the header is not valid UTF-8: the byte is 0xff, at byte 10',
  ],
  [
    'broken JSON',
    safetensorsBytes('{"a":'),
    'the header has its end where a value must be in "a", at byte 13',
  ],
  [
    'padding by line ends',
    safetensorsBytes(`${valid}\n`, 4),
    'pads its header with 0x0a instead of spaces, at byte 62',
  ],
  [
    'padding by zeros',
    safetensorsBytes(`${valid}\0`, 4),
    'pads its header with 0x00 instead of spaces, at byte 62',
  ],
  [
    'text after the header object',
    safetensorsBytes(`${valid} {}`, 4),
    'the header has text after its end ("{}"), at byte 63',
  ],
  [
    'a tensor name given twice',
    safetensorsBytes(`{"a":${f32('[1]', '[0,4]')},"a":${f32('[1]', '[4,8]')}}`, 8),
    'the header has the key "a" twice, at byte 62',
  ],
  [
    'half a surrogate pair as a name',
    safetensorsBytes(`{"\\ud800":${f32('[1]', '[0,4]')}}`, 4),
    'the header has half a surrogate pair in a string, at byte 9',
  ],
  [
    'an entry that is no object',
    entry('[]'),
    'has a tensor "a" described by a list of 0 instead of an object',
  ],
  [
    'a key of an entry given twice',
    entry('{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}'),
    'the header has the key "dtype" twice in "a", at byte 28',
  ],
  [
    'no dtype',
    entry('{"shape":[1],"data_offsets":[0,4]}'),
    'has a tensor "a" whose dtype is missing instead of a string',
  ],
  [
    'an unknown dtype',
    entry('{"dtype":"F33","shape":[1],"data_offsets":[0,4]}'),
    'has a tensor "a" of the unknown dtype "F33"',
  ],
  [
    'a dtype in lower case',
    entry('{"dtype":"f32","shape":[1],"data_offsets":[0,4]}'),
    'has a tensor "a" of the unknown dtype "f32"',
  ],
  [
    'a dtype named like a property of objects',
    entry('{"dtype":"toString","shape":[1],"data_offsets":[0,4]}'),
    'has a tensor "a" of the unknown dtype "toString"',
  ],
  [
    'no shape',
    entry('{"dtype":"F32","data_offsets":[0,4]}'),
    'has a tensor "a" whose shape is missing instead of whole numbers',
  ],
  [
    'a shape that holds text',
    entry(f32('["1"]', '[0,4]')),
    'has a tensor "a" whose shape is a list of 1 that holds "1" instead of whole numbers',
  ],
  [
    'a shape of 1.0',
    entry(f32('[1.0]', '[0,4]')),
    'the header has 1.0 where a whole number must be in "a" › "shape" › 0, at byte 37',
  ],
  [
    'a shape of 1e0',
    entry(f32('[1e0]', '[0,4]')),
    'the header has 1e0 where a whole number must be',
  ],
  ['a shape of -0', entry(f32('[-0]', '[0,0]')), 'the header has -0 where a whole number must be'],
  [
    'a negative shape',
    entry(f32('[-1]', '[0,4]')),
    'the header has -1 where a whole number must be',
  ],
  [
    'a number over 2^53',
    entry(f32('[9007199254740993]', '[0,4]')),
    'the header has the number 9007199254740993, which is over 2^53 − 1',
  ],
  [
    'a shape that overflows',
    entry(f32('[4294967296,4294967296]', '[0,4]')),
    'has a tensor "a" of F32 [4294967296, 4294967296], whose size is over 2^53 elements',
  ],
  [
    'a size that overflows',
    entry(f32('[9007199254740991]', '[0,4]')),
    'has a tensor "a" of F32 [9007199254740991], whose size is over 2^53 bits',
  ],
  [
    'half a byte of F4',
    entry('{"dtype":"F4","shape":[7],"data_offsets":[0,4]}'),
    'has a tensor "a" of F4 [7], which does not end at a whole byte (28 bits)',
  ],
  [
    'a broken byte of F6',
    entry('{"dtype":"F6_E2M3","shape":[5],"data_offsets":[0,4]}'),
    'has a tensor "a" of F6_E2M3 [5], which does not end at a whole byte (30 bits)',
  ],
  [
    'no offsets',
    entry('{"dtype":"F32","shape":[1]}'),
    'has a tensor "a" whose data_offsets are missing instead of two whole numbers',
  ],
  [
    'one offset',
    entry(f32('[1]', '[0]')),
    'has a tensor "a" whose data_offsets are [0] instead of two whole numbers',
  ],
  [
    'three offsets',
    entry(f32('[1]', '[0,4,8]')),
    'has a tensor "a" whose data_offsets are [0, 4, 8] instead of two whole numbers',
  ],
  [
    'offsets that run backwards',
    entry(f32('[1]', '[4,0]')),
    'has a tensor "a" whose data_offsets [4, 0] run backwards',
  ],
  [
    'offsets that hold less than the shape',
    entry(f32('[2]', '[0,4]')),
    'has a tensor "a" of F32 [2], which takes 8 bytes, at [0, 4], which holds 4',
  ],
  [
    'offsets that hold more than the shape',
    entry(f32('[]', '[0,8]')),
    'has a tensor "a" of F32 [], which takes 4 bytes, at [0, 8], which holds 8',
  ],
  [
    'a hole before the first tensor',
    safetensorsBytes(`{"a":${f32('[1]', '[4,8]')}}`, 8),
    'has a hole: tensor "a" begins at byte 66, the bytes before it end at 62',
  ],
  [
    'a hole between tensors',
    safetensorsBytes(`{"a":${f32('[1]', '[0,4]')},"b":${f32('[1]', '[8,12]')}}`, 12),
    'has a hole: tensor "b" begins at byte 124, the bytes before it end at 120',
  ],
  [
    'overlapping tensors',
    safetensorsBytes(`{"a":${f32('[2]', '[0,8]')},"b":${f32('[2]', '[4,12]')}}`, 12),
    'has overlapping tensors: tensor "b" begins at byte 120, the one before it ends at 124',
  ],
  [
    'two tensors at one place',
    safetensorsBytes(`{"a":${f32('[1]', '[0,4]')},"b":${f32('[1]', '[0,4]')}}`, 4),
    'has overlapping tensors: tensor "b"',
  ],
  [
    'tensors past the end of the file',
    safetensorsBytes(valid, 3),
    'is cut off: its tensors end at byte 66, the file at byte 65',
  ],
  [
    'bytes after the last tensor',
    safetensorsBytes(valid, 6),
    'has 2 bytes after its last tensor, which ends at byte 66',
  ],
  [
    'bytes after a header without tensors',
    safetensorsBytes('{}', 1),
    'has 1 bytes after its last tensor',
  ],
  [
    'metadata that is null',
    safetensorsBytes('{"__metadata__":null}'),
    'has a __metadata__ that is null instead of an object of strings',
  ],
  [
    'a number in the metadata',
    safetensorsBytes('{"__metadata__":{"epoch":3}}'),
    'has __metadata__ "epoch" that is 3 instead of a string',
  ],
  [
    'metadata given twice',
    safetensorsBytes('{"__metadata__":{},"__metadata__":{}}'),
    'the header has the key "__metadata__" twice, at byte 27',
  ],
];

describe('a malformed file', () => {
  it.each(malformations)(
    'with %s is refused in one sentence with the remedy',
    async (_, bytes, fault) => {
      const error = await read(bytes).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(AppError);
      const { kind, message } = error as AppError;
      expect(kind).toBe('BadFile');
      expect(message).toContain(fault);
      expect(message).toMatch(
        /^a\.safetensors[ :].*\. Download the file again, or save it again with the safetensors library\.$/,
      );
    },
  );

  it('is told from a file that cannot be read', async () => {
    const blob = new Blob(['12345678']);
    blob.slice = () => {
      throw new DOMException('gone', 'NotReadableError');
    };
    await expect(readSafetensorsHeader({ path: 'a.safetensors', blob }, 0)).rejects.toThrow(
      'a.safetensors cannot be read (NotReadableError): it was changed, moved or locked meanwhile. Choose the file again.',
    );
  });

  it('never makes anything but an AppError, however its bytes are changed', async () => {
    const header = `{"__metadata__":{"format":"pt"},"a":${f32('[2,1]', '[0,8]')},"é":${f32('[0]', '[8,8]')},"b":${f32('[]', '[8,12]')}}   `;
    const original = safetensorsBytes(header, 12);
    const random = seededRandom(1);
    let refused = 0;
    for (let round = 0; round < 5000; round++) {
      let bytes = original.slice();
      for (let change = random(3); change >= 0; change--) bytes = mutate(bytes, random);
      await read(bytes).catch((error: unknown) => {
        expect(error).toBeInstanceOf(AppError);
        refused++;
      });
    }
    expect(refused).toBeGreaterThan(2000);
  });
});

function mutate(bytes: Uint8Array<ArrayBuffer>, random: (limit: number) => number) {
  const at = random(bytes.length);
  const symbols = '{}[]",:0123456789-.eE\\ut \n\0\xff';
  switch (random(4)) {
    case 0:
      bytes[at] = random(256);
      return bytes;
    case 1:
      bytes[at] = symbols.charCodeAt(random(symbols.length));
      return bytes;
    case 2:
      return bytes.slice(0, at + 1);
    default: {
      const to = at + random(bytes.length - at);
      return Uint8Array.from([...bytes.subarray(0, to), ...bytes.subarray(at)]);
    }
  }
}
