import { expect, test } from 'vitest';
import type { TensorIndex, TensorInfo } from '../tensor/tensorIndex.ts';
import { readPatchHeader } from './patchFile.ts';

const base = 'b'.repeat(64);
const tensor = (name: string, dtype: TensorInfo['dtype'], shape: number[]): TensorInfo => ({
  ...{ name, dtype, shape, file: 0, start: 0, end: 0 },
});
const pair = [tensor('q.indices', 'I32', [3]), tensor('q.values', 'F16', [3])];
const sound = {
  ...{ stitchwork_patch: '1', stitchwork_base: base, stitchwork_task: 'mood' },
  stitchwork_settings: '{"localizer":"hard"}',
};
const indexOf = (
  tensors: TensorInfo[] = pair,
  metadata: Record<string, string> = sound,
): TensorIndex => ({ files: [{ name: 'mood.patch.safetensors', bytes: 9 }], tensors, metadata });
const read = (index: TensorIndex) => readPatchHeader('mood.patch.safetensors', index);

test('a patch is told by its metadata, with its base, task and pairs of tensors', () => {
  expect(read(indexOf())).toEqual({
    ...{ base, task: 'mood', settings: '{"localizer":"hard"}' },
    entries: [
      { name: 'q', dtype: 'F16', kept: 3, positions: pair[0], values: pair[1], blocks: [] },
    ],
  });
});

test('positions may be gaps, more of them than values', () => {
  for (const dtype of ['U8', 'U16'] as const) {
    const tensors = [tensor('q.gaps', dtype, [5]), pair[1]!];
    const { entries } = read(indexOf(tensors, { ...sound, stitchwork_patch: '2' }))!;
    expect(entries).toEqual([
      { name: 'q', dtype: 'F16', kept: 3, positions: tensors[0], values: pair[1], blocks: [] },
    ]);
  }
});

test('a file without that is no patch, whatever its tensors are called', () => {
  expect(read(indexOf(pair, { format: 'pt' }))).toBeNull();
  const inherited = Object.create({ stitchwork_patch: '1' }) as Record<string, string>;
  expect(read(indexOf(pair, inherited))).toBeNull();
});

test('a patch that keeps nothing is one', () => {
  expect(read(indexOf([]))?.entries).toEqual([]);
});

const faults: [what: string, index: TensorIndex, kind: string, says: RegExp][] = [
  [
    'a later form',
    indexOf(pair, { ...sound, stitchwork_patch: '3' }),
    'Unsupported',
    /form "3".*newer/,
  ],
  ['no base', indexOf(pair, { ...sound, stitchwork_base: 'b5' }), 'BadFile', /base by "b5"/],
  ['no task', indexOf(pair, { ...sound, stitchwork_task: '' }), 'BadFile', /names no task/],
  [
    'several files',
    {
      ...indexOf(),
      files: [
        { name: 'a', bytes: 1 },
        { name: 'b', bytes: 1 },
      ],
    },
    'BadFile',
    /in 2 files/,
  ],
  ['positions without values', indexOf([pair[0]!]), 'BadFile', /q\.indices without q\.values/],
  ['values without positions', indexOf([pair[1]!]), 'BadFile', /q\.values without q\.indices/],
  ['another tensor', indexOf([...pair, tensor('w', 'F32', [1])]), 'BadFile', /holds w, which is/],
  [
    'positions of another dtype',
    indexOf([tensor('q.indices', 'I64', [3]), pair[1]!]),
    'BadFile',
    /q\.indices as I64 instead of I32/,
  ],
  [
    'gaps of another dtype',
    indexOf([tensor('q.gaps', 'I32', [3]), pair[1]!]),
    'BadFile',
    /q\.gaps as I32 instead of U16 or U8/,
  ],
  [
    'fewer gaps than values',
    indexOf([tensor('q.gaps', 'U8', [2]), pair[1]!]),
    'BadFile',
    /shape \[2\].*shape \[3\]/,
  ],
  [
    'positions of both kinds',
    indexOf([...pair, tensor('q.gaps', 'U8', [3])]),
    'BadFile',
    /both q\.indices and q\.gaps/,
  ],
  [
    'values that do not merge',
    indexOf([pair[0]!, tensor('q.values', 'I8', [3])]),
    'BadFile',
    /q\.values as I8/,
  ],
  [
    'lists of two lengths',
    indexOf([pair[0]!, tensor('q.values', 'F16', [4])]),
    'BadFile',
    /shape \[3\].*shape \[4\]/,
  ],
  [
    'positions as a table',
    indexOf([tensor('q.indices', 'I32', [3, 1]), pair[1]!]),
    'BadFile',
    /shape \[3, 1\]/,
  ],
];

for (const [what, index, kind, says] of faults)
  test(`a patch with ${what} is refused`, () => {
    expect(() => read(index)).toThrow(
      expect.objectContaining({ kind, message: expect.stringMatching(says) }),
    );
  });
