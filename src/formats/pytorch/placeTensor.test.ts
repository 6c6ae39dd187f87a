import { expect, it } from 'vitest';
import {
  pickledDict,
  pickledTensor,
  refusalOf,
  torchZip,
  type TensorToPickle,
} from '../../test/torchFiles.ts';

/** Tensors that do not fit their storage. */
const misfits: [string, TensorToPickle, string][] = [
  [
    'past the end of its storage',
    { shape: [5] },
    'BadFile: m/x.bin: data.pkl holds tensor "w" of F32 [5] with offset 0 and strides [1], which ends at element 5 of a storage of 4, at byte ',
  ],
  ['past the end by its offset', { offset: 1 }, 'which ends at element 5 of a storage of 4'],
  [
    'past the end by its strides',
    { shape: [2, 2], strides: [3, 1] },
    'F32 [2, 2] with offset 0 and strides [3, 1], which ends at element 5 of a storage of 4',
  ],
  ['with a negative offset', { offset: -1 }, 'with the offset -1'],
  ['with a negative size', { shape: [-4] }, 'with the size -4'],
  ['with a negative stride', { strides: [-1] }, 'with the stride -1'],
  [
    'with strides that overlap',
    { shape: [2, 2], strides: [1, 1] },
    'Unsupported: m/x.bin: data.pkl holds tensor "w" of F32 [2, 2] with strides [1, 1], whose elements overlap in the file',
  ],
  [
    'expanded to any size',
    { shape: [2 ** 30, 2 ** 15], strides: [0, 0] },
    'repeats elements into tensors of 140737488355328 bytes, such as "w", over the cap of 1073741824. Save them again without .expand().',
  ],
  [
    'with more elements than can be counted',
    { shape: [2 ** 30, 2 ** 30], strides: [2 ** 30, 1] },
    'with more than 2^50 elements',
  ],
  ['with fewer strides than sizes', { shape: [2, 2] }, 'with 1 strides for 2 dimensions'],
  [
    'with 65 dimensions',
    { shape: Array<number>(65).fill(1), strides: Array<number>(65).fill(1) },
    'with more than 64 dimensions',
  ],
  [
    'of an unknown dtype',
    { storage: 'QInt8Storage' },
    'Unsupported: m/x.bin: data.pkl holds a storage of torch.QInt8Storage, at byte ',
  ],
  ['of a storage that is none', { storage: 'OddStorage' }, 'holds a storage of torch.OddStorage'],
  [
    'of a storage of another size than its file',
    { count: 400, shape: [400] },
    'BadFile: m/x.bin: data.pkl states a storage of 400 × F32 (1600 bytes), and "a/data/0" has 16, at byte ',
  ],
  [
    'of a storage that is missing',
    { key: '7' },
    'data.pkl refers to "a/data/7", which is not in the zip',
  ],
];

it.each(misfits)('a tensor %s is refused', async (_, tensor, message) => {
  const bytes = torchZip(pickledDict([['w', pickledTensor(tensor)]]), { 0: new Uint8Array(16) });
  expect(await refusalOf(bytes)).toContain(message);
});
