import { describe, expect, it } from 'vitest';
import { safetensorsBlob } from '../test/fileBytes.ts';
import { zipBytes } from '../test/torchFiles.ts';
import { openCheckpoints } from './open.ts';

const blob = safetensorsBlob({ a: [2] });
const text = (content: string) => new Blob([content]);
const index = (...shards: string[]) =>
  text(JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard) => ['a', shard])) }));

async function open(files: Record<string, Blob>) {
  const sources = Object.entries(files).map(([path, blob]) => ({ path, blob }));
  const { checkpoints, problems } = await openCheckpoints(sources, () => null);
  expect(problems).toEqual([]);
  return checkpoints.map(({ name, index, notes }) => ({
    name,
    files: index.files.map(({ name }) => name),
    notes,
  }));
}

const variant = 'a name without a variant is read first, then the highest precision';
const formats = 'safetensors are read before other formats';

describe('of several copies of a model in a folder', () => {
  it.each([
    ['model.safetensors', ['model.fp16.safetensors'], variant],
    ['model.fp32.safetensors', ['model.fp16.safetensors', 'model.bf16.safetensors'], variant],
    [
      'diffusion_pytorch_model.safetensors',
      ['diffusion_pytorch_model.non_ema.safetensors'],
      variant,
    ],
    ['model.fp16.safetensors', ['model.fp16.non_ema.safetensors'], variant],
    ['sst2.safetensors', ['sst2_fp16.safetensors'], variant],
    ['model.safetensors', ['pytorch_model.bin', 'consolidated.00.pth', 'tf_model.h5'], formats],
    ['sst2.safetensors', ['sst2.pt'], formats],
    [
      'model.safetensors',
      ['consolidated.safetensors'],
      'the names of transformers and diffusers are read before others',
    ],
    [
      'pytorch_model.bin',
      ['consolidated.00.pth'],
      'the names of transformers and diffusers are read before others',
    ],
    ['pytorch_model.bin', ['tf_model.h5', 'flax_model.msgpack'], 'Stitchwork does not read them'],
  ])('%s is read, not %j, and it is told why', async (read, left, why) => {
    const h5 = new Blob([Uint8Array.of(0x89), 'HDF\r\n\u001a\n']);
    const bytes = (name: string) =>
      name.endsWith('.h5') ? h5 : name.endsWith('.msgpack') ? text('\u0081') : blob;
    const paths = [...left, read];
    const [only, ...more] = await open(
      Object.fromEntries(paths.map((name) => [`m/${name}`, bytes(name)])),
    );
    expect(more).toEqual([]);
    expect(only).toMatchObject({ name: 'm', files: [read] });
    expect(only?.notes).toHaveLength(1);
    const [note] = only?.notes ?? [];
    expect(note).toMatch(new RegExp(`^Read from ${read.replaceAll('.', '\\.')}\\. Left out`));
    expect(note).toContain(`(${why})`);
    for (const name of left) expect(note).toContain(name);
  });

  it('a whole file is read before shards, and those of a variant are told as one', async () => {
    const shards = [1, 2].map((n) => `model.fp16-0000${n}-of-00002.safetensors`);
    const other = 'model-00001-of-00001.safetensors';
    const opened = await open({
      'm/model.safetensors': blob,
      [`m/${other}`]: blob,
      'm/model.safetensors.index.json': index(other),
      [`m/${shards[0]}`]: blob,
      [`m/${shards[1]}`]: safetensorsBlob({ b: [1] }),
      'm/model.safetensors.index.fp16.json': index(shards[0]!),
    });
    expect(opened).toEqual([
      {
        name: 'm',
        files: ['model.safetensors'],
        notes: [
          `Read from model.safetensors. Left out as copies of it: model.safetensors in shards (a whole file is read before shards); model.fp16.safetensors in shards (${variant}).`,
        ],
      },
    ]);
  });

  it('shards of a variant open alone', async () => {
    const shard = 'diffusion_pytorch_model-00001-of-00001.fp16.safetensors';
    const opened = await open({
      [`m/${shard}`]: blob,
      'm/diffusion_pytorch_model.safetensors.index.fp16.json': index(shard),
    });
    expect(opened).toEqual([{ name: 'm', files: [shard], notes: [] }]);
  });

  it('those that folders were exported into are left out and told', async () => {
    const opened = await open({
      'm/model.safetensors': blob,
      'm/original/consolidated.safetensors': blob,
      'm/original/consolidated.00.pth': blob,
      'm/onnx/model.onnx': text('onnx'),
    });
    expect(opened).toMatchObject([{ name: 'm', files: ['model.safetensors'] }]);
    expect(opened[0]?.notes).toEqual([
      `Read from model.safetensors. Left out as copies of it: original and onnx (the model’s own folder is read first).`,
    ]);
  });
});

describe('a model at several steps of its training', () => {
  const files = {
    'run/checkpoint-500/model.safetensors': blob,
    'run/checkpoint-500/original/consolidated.pth': blob,
    'run/checkpoint-1000/pytorch_model.bin': blob,
  };

  it('is the last one, and the others are told', async () => {
    expect(await open({ 'run/model.safetensors': blob, ...files })).toEqual([
      {
        name: 'run',
        files: ['model.safetensors'],
        notes: [
          'checkpoint-500 and checkpoint-1000 hold the model at other steps of its training and are left out. Open such a folder by itself to merge it.',
        ],
      },
    ]);
  });

  it('is a checkpoint for each where there is no last one, or where what lies above is another model', async () => {
    const names = ['checkpoint-500', 'checkpoint-1000'];
    const opened = await open(files);
    expect(opened.map(({ name }) => name)).toEqual(names);
    const beside = await open({ 'run/base.safetensors': blob, ...files });
    expect(beside.map(({ name }) => name)).toEqual(['run', ...names]);
  });
});

describe('other models in one folder', () => {
  it('are no copies: adapters, other stems, a file of several', async () => {
    const opened = await open({
      'm/model.safetensors': blob,
      'm/adapter_model.safetensors': blob,
      'm/halfway.safetensors': blob,
      'm/notes.pt': blob,
    });
    expect(opened).toMatchObject([
      { name: 'm', notes: [] },
      { name: 'adapter_model', notes: [] },
      { name: 'halfway', notes: [] },
      { name: 'notes', notes: [] },
    ]);
  });

  it('stay out of each other’s notes', async () => {
    const opened = await open({
      'm/a.safetensors': blob,
      'm/a.pt': blob,
      'm/b.safetensors': blob,
      'm/b.zip': new Blob([zipBytes([])]),
    });
    expect(opened.map(({ name, notes }) => [name, notes?.length])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });
});

it('a model alone in its folder has that one’s name, whatever its file is called, and is known by both', async () => {
  const sources = ['m/adapter_model.safetensors', 'n/epoch=3.ckpt', 'n/config.json'].map(
    (path) => ({ path, blob }),
  );
  const { checkpoints } = await openCheckpoints(sources, () => null);
  expect(checkpoints.map(({ name, formerName }) => [name, formerName])).toEqual([
    ['m', 'adapter_model'],
    ['n', 'epoch=3'],
  ]);
});
