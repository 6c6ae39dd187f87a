import { describe, expect, it } from 'vitest';
import { openCheckpoints } from '../open.ts';
import { openWeights } from '../recognize.ts';
import { bytesOf, goldenFile } from '../../test/torchGoldens.ts';

const expectedFile = await goldenFile('expected.safetensors');
const expected = (await openWeights(expectedFile, 0)).tensors;

const files = [
  'zip.bin',
  'protocol4.pt',
  'legacy.bin',
  'newer.pt',
  'nested.pth',
  'module.pt',
  'legacyModule.pt',
  'script.pt',
  'many.bin',
  'pytorch_model-00001-of-00002.bin',
];

describe('a file that PyTorch wrote', () => {
  it.each(files)('%s has the names, dtypes, shapes and values that PyTorch reads', async (file) => {
    const source = await goldenFile(file);
    const { tensors } = await openWeights(source, 3);
    const wanted = expected.filter(({ name }) => name.startsWith(`${file}/`));
    expect(wanted.length).toBeGreaterThan(0);
    if (file !== 'many.bin')
      expect(tensors.map(({ name }) => `${file}/${name}`).sort()).toEqual(
        wanted.map(({ name }) => name).sort(),
      );
    for (const { name, dtype, shape, ...rest } of wanted) {
      const found = tensors.find((tensor) => `${file}/${tensor.name}` === name);
      expect(found, name).toMatchObject({ dtype, shape, file: 3 });
      const bytes = await bytesOf(expectedFile, { name, dtype, shape, ...rest });
      expect(await bytesOf(source, found!), name).toEqual(bytes);
    }
  });

  it('lies in the file where its tensors are, in the order of their bytes, and shared where tied', async () => {
    const { tensors } = await openWeights(await goldenFile('zip.bin'), 0);
    const starts = tensors.map(({ start }) => start);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    const span = (wanted: string) => {
      const { start, end, strides } = tensors.find(({ name }) => name === wanted)!;
      return { start, end, strides };
    };
    expect(span('tied.a')).toEqual(span('tied.b'));
    expect(span('tied.transposed')).toEqual({ ...span('tied.a'), strides: [1, 4] });
    expect(span('one_by').strides).toBeUndefined();
    expect(span('rows').strides).toBeUndefined();
    expect(span('channels_last').strides).toEqual([12, 1, 6, 3]);
  });

  it('keeps all of very many tensors', async () => {
    const { tensors } = await openWeights(await goldenFile('many.bin'), 0);
    expect(tensors).toHaveLength(1100);
  });

  it.each([
    ['zip.bin', []],
    [
      'nested.pth',
      [
        'Of nested.pth, what lies under “state_dict” was read.',
        'Left out of nested.pth: epoch, optimizer, args.',
      ],
    ],
    [
      'module.pt',
      [
        'Of module.pt, the state of the pickled module src.modeling.ImageEncoder was read.',
        'Left out of module.pt: model.attn_mask.',
      ],
    ],
  ])('%s is told of in words: %j', async (file, notes) => {
    expect((await openWeights(await goldenFile(file), 0)).notes).toEqual(notes);
  });
});

describe('a folder', () => {
  const identify = () => null;
  const open = async (paths: Record<string, string>) => {
    const sources = Object.entries(paths).map(async ([path, golden]) => ({
      path,
      blob: (await goldenFile(golden)).blob,
    }));
    return openCheckpoints(await Promise.all(sources), identify);
  };
  const [one, two] = [1, 2].map((n) => `pytorch_model-0000${n}-of-00002.bin`) as [string, string];
  const index = 'pytorch_model.bin.index.json';

  it('of shards and their index is one checkpoint', async () => {
    const { checkpoints, problems } = await open({
      [`m/${two}`]: two,
      [`m/${index}`]: index,
      [`m/${one}`]: one,
    });
    expect(problems).toEqual([]);
    expect(checkpoints).toHaveLength(1);
    const { name, index: found } = checkpoints[0]!;
    expect(name).toBe('m');
    expect(found.files.map((file) => file.name)).toEqual([one, two]);
    expect(found.tensors.map((tensor) => [tensor.name, tensor.file])).toEqual([
      ['a.weight', 0],
      ['a.bias', 0],
      ['b.weight', 1],
    ]);
  });

  it('that lacks the index, or a shard, says so', async () => {
    const noIndex = await open({ [`m/${one}`]: one, [`m/${two}`]: two });
    expect(noIndex.problems.map(({ message }) => message)).toEqual([
      `m/${one} is one shard of several, and their index m/${index} is missing. Add the index, or open the whole folder.`,
    ]);
    const noShard = await open({ [`m/${one}`]: one, [`m/${index}`]: index });
    expect(noShard.problems.map(({ message }) => message)).toEqual([
      `m/${index} names the shard ${two}, which is missing beside it. Download the folder again, with all its files.`,
    ]);
  });

  it('of safetensors and the same as PyTorch opens the safetensors', async () => {
    const { checkpoints, problems } = await open({
      'm/model.safetensors': 'expected.safetensors',
      'm/pytorch_model.bin': 'zip.bin',
      [`m/${index}`]: index,
      'x/pytorch_model.bin': 'zip.bin',
    });
    expect(problems).toEqual([]);
    const named = checkpoints.map(({ name, weightFiles }) => [name, weightFiles[0]?.path]);
    expect(named).toEqual([
      ['m', 'm/model.safetensors'],
      ['x', 'x/pytorch_model.bin'],
    ]);
  });

  it('of PyTorch files and the same in other formats opens the PyTorch files alone', async () => {
    const sources = [
      { path: 'm/pytorch_model.bin', blob: (await goldenFile('zip.bin')).blob },
      { path: 'm/tf_model.h5', blob: new Blob(['\u0089HDF\r\n\u001a\n']) },
      { path: 'm/onnx/model.onnx', blob: new Blob(['x']) },
    ];
    const { checkpoints, problems } = await openCheckpoints(sources, identify);
    expect(problems).toEqual([]);
    expect(checkpoints.map(({ name }) => name)).toEqual(['m']);
  });
});
