import { expect, it } from 'vitest';
import { openWeights } from '../recognize.ts';
import {
  bytesFrom,
  little,
  pickledDict,
  pickledTensor,
  refusalOf,
  torchZip,
  zipBytes,
  type ZipFile,
} from '../../test/torchFiles.ts';
import { goldenFile } from '../../test/torchGoldens.ts';

const storage = new Uint8Array(16);
const fine = pickledDict([['w', pickledTensor()]]);
const file = (more: Partial<ZipFile> = {}): ZipFile[] => [
  { name: 'a/data.pkl', bytes: fine },
  { name: 'a/data/0', bytes: storage, ...more },
];
const whole = zipBytes(file());
const at = (offset: number, bytes: Uint8Array) => {
  const copy = whole.slice();
  copy.set(bytes, offset < 0 ? copy.length + offset : offset);
  return copy;
};

/** Zips that are not as torch.save writes them. */
const zips: [string, Uint8Array<ArrayBuffer>, string][] = [
  ['a zip that is cut off', whole.slice(0, -1), 'the zip has no directory at its end'],
  ['a zip with more behind it', bytesFrom(whole, 'more'), 'the zip has no directory at its end'],
  [
    'a zip with more before it',
    bytesFrom(whole.slice(0, 30), '0123456789', whole.slice(30)),
    'the zip states its directory at bytes',
  ],
  ['a directory elsewhere', at(-6, little(3, 4)), 'the zip states its directory at bytes 3 to'],
  ['a directory of another size', at(-10, little(3, 4)), 'and it must end at byte'],
  ['a count of files that is wrong', at(-12, little(9, 2)), 'the zip holds 2 files and states 9'],
  [
    'a directory that is none',
    at(whole.length - 22 - 108, bytesFrom('XX')),
    'the zip has no entry of its directory at byte',
  ],
  [
    'a packed storage',
    zipBytes(file({ method: 8, statedBytes: 2 ** 31 })),
    'Unsupported: m/x.bin: the zip holds "a/data/0" packed by method 8, 16 bytes for 2147483648.',
  ],
  [
    'a packed pickle',
    zipBytes([{ name: 'a/data.pkl', bytes: fine, method: 8, statedBytes: 2 ** 31 }]),
    'the zip holds "a/data.pkl" packed by method 8',
  ],
  [
    'a storage of another length than it takes',
    zipBytes(file({ statedBytes: 12 })),
    'data.pkl states a storage of 4 × F32 (16 bytes), and "a/data/0" has 12',
  ],
  [
    'one file twice',
    zipBytes([...file(), { name: 'a/data/0', bytes: storage }]),
    'the zip names "a/data/0" twice',
  ],
  [
    'a file that is not where it is said',
    zipBytes(file({ headerAt: 3 })),
    'the zip has no header of "a/data/0" at byte 3',
  ],
  [
    'a file in the place of another',
    zipBytes(file({ headerAt: 0 })),
    'the zip has the header of another file than "a/data/0" at byte 0',
  ],
  [
    'a directory of 4 GB',
    bytesFrom(
      'PK\x03\x04',
      'PK\x05\x06',
      little(0, 8),
      little(2 ** 32 - 5, 4),
      little(9, 4),
      little(0, 2),
    ),
    'the zip states its directory at bytes 9 to 4294967300',
  ],
  [
    'another byte order',
    torchZip(fine, { 0: storage }, { more: [{ name: 'a/byteorder', bytes: bytesFrom('big') }] }),
    'Unsupported: m/x.bin: its byteorder is "big", and only little-endian files are read.',
  ],
  [
    'a pickle without tensors',
    torchZip(pickledDict([['a', 'K\x01']])),
    'Unsupported: m/x.bin holds no tensors by name: its pickle is a dict of 1.',
  ],
];

it('two storages on the same bytes are refused', async () => {
  const pickle = pickledDict([
    ['v', pickledTensor({ count: 15, shape: [15] })],
    ['w', pickledTensor({ key: '1' })],
  ]);
  const inner = bytesFrom('PK\x03\x04', little(0, 22), little(8, 2), little(0, 2), 'a/data/1');
  const outerAt = 30 + 'a/data.pkl'.length + pickle.length;
  const bytes = zipBytes([
    { name: 'a/data.pkl', bytes: pickle },
    { name: 'a/data/0', bytes: bytesFrom(inner, new Uint8Array(60 - inner.length)) },
    { name: 'a/data/1', bytes: storage, headerAt: outerAt + 38 },
  ]);
  expect(await refusalOf(bytes)).toContain(
    `the zip has two storages on the same bytes: a/data/1 begins at byte ${outerAt + 76}, and a/data/0 ends at byte ${outerAt + 98}.`,
  );
});

it('a zip opens with a directory of 32 or of 64 bits', async () => {
  for (const zip64 of [false, true]) {
    const bytes = torchZip(fine, { 0: storage }, { zip64 });
    const { tensors } = await openWeights({ path: 'x.bin', blob: new Blob([bytes]) }, 0);
    const start = 30 + 'a/data.pkl'.length + fine.length + 30 + 'a/data/0'.length;
    expect(tensors).toEqual([
      { name: 'w', dtype: 'F32', shape: [4], file: 0, start, end: start + 16 },
    ]);
  }
});

it.each(zips)('%s is refused', async (_, bytes, message) => {
  expect(await refusalOf(bytes)).toContain(message);
});

it('gives one message, or opens, whatever byte of a zip is changed', async () => {
  const { blob } = await goldenFile('module.pt');
  const bytes = new Uint8Array(await blob.arrayBuffer());
  for (let i = 4; i < bytes.length; i += 29) {
    const copy = bytes.slice();
    copy[i]! ^= 0xa5;
    expect(await refusalOf(copy)).toMatch(/^(?:opened|(?:BadFile|Unsupported): m\/x\.bin)/);
  }
});
