import { describe, expect, it } from 'vitest';
import { safetensorsBlob, type Shapes } from '../test/fileBytes.ts';
import { openCheckpoints } from './open.ts';
import { zipBytes } from '../test/torchFiles.ts';

const identify = (modelType: string | null) => modelType;
const text = (content: string) => new Blob([content]);
const zip = new Blob([zipBytes([{ name: 'notes.txt', bytes: new Uint8Array(3) }])]);
const a: Shapes = { a: [2] };
const b: Shapes = { b: [3] };

async function open(files: Record<string, Blob>) {
  const sources = Object.entries(files).map(([path, blob]) => ({ path, blob }));
  const { checkpoints, problems, recipes } = await openCheckpoints(sources, identify);
  const names = checkpoints.map(({ name }) => name);
  return {
    checkpoints,
    names,
    problems,
    recipes,
    messages: problems.map(({ message }) => message),
  };
}

const shardedFolder = (
  folder: string,
  map: Record<string, string>,
  shards: Record<string, Shapes>,
) =>
  Object.fromEntries([
    [`${folder}model.safetensors.index.json`, text(JSON.stringify({ weight_map: map }))],
    ...Object.entries(shards).map(([name, shapes]) => [folder + name, safetensorsBlob(shapes)]),
  ]) as Record<string, Blob>;

const one = 'model-00001-of-00002.safetensors';
const two = 'model-00002-of-00002.safetensors';

describe('a folder from the hub', () => {
  it('is a checkpoint with its side files, and what is beside the point is left out', async () => {
    const side = [
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'special_tokens_map.json',
      'vocab.json',
      'vocab.txt',
      'merges.txt',
      'spiece.model',
      'preprocessor_config.json',
      'generation_config.json',
      'README.md',
      'LICENSE',
      'mergekit_config.yml',
    ];
    const left = [
      '.gitattributes',
      '.DS_Store',
      '.git/config',
      'training_args.bin',
      'optimizer.pt',
      'scheduler.pt',
      'rng_state.pth',
      'trainer_state.json',
      'pytorch_model.bin',
      'pytorch_model.bin.index.json',
      'tf_model.h5',
      'flax_model.msgpack',
      'onnx/model.onnx',
    ];
    const files: Record<string, Blob> = { 'roberta-base/model.safetensors': safetensorsBlob(a) };
    for (const name of side) files[`roberta-base/${name}`] = text('{"model_type":"roberta"}');
    for (const name of left) files[`roberta-base/${name}`] = zip;
    files['roberta-base/samples/picture.png'] = text('\u0089PNG');
    const { checkpoints, problems, recipes } = await open(files);
    expect(problems).toEqual([]);
    expect(recipes).toEqual([]);
    expect(checkpoints).toHaveLength(1);
    const [checkpoint] = checkpoints;
    expect(checkpoint).toMatchObject({ name: 'roberta-base', architecture: 'roberta' });
    expect(checkpoint?.index.files).toEqual([{ name: 'model.safetensors', bytes: 8 + 54 + 8 }]);
    expect(checkpoint?.sideFiles.map(({ path }) => path).sort()).toEqual(
      side.map((name) => `roberta-base/${name}`).sort(),
    );
  });

  it('opens although its config.json is broken', async () => {
    const { checkpoints, problems } = await open({
      'm/model.safetensors': safetensorsBlob(a),
      'm/config.json': text('{"model_type":"roberta",}'),
    });
    expect(problems).toEqual([]);
    expect(checkpoints[0]?.architecture).toBeNull();
    expect(checkpoints[0]?.notes).toEqual([
      'What the configuration says is not known: m/config.json has "}" where a key must be, at byte 24. Download or save it again, as JSON in UTF-8.',
    ]);
  });

  it('is refused with an adapter_config.json that is broken', async () => {
    const { problems } = await open({
      'm/adapter_model.safetensors': safetensorsBlob({ 'q.lora_A.weight': [2, 2] }),
      'm/adapter_config.json': text('{"r":2'),
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'm/adapter_config.json has its end where a comma or } must be in "r", at byte 6. Download or save it again, as JSON in UTF-8.',
    ]);
  });

  it('is refused as an adapter whose names tell nothing, by its configuration', async () => {
    const { messages } = await open({
      'm/adapter_model.safetensors': safetensorsBlob({ 'q.hra_u': [2, 2] }),
      'm/adapter_config.json': text('{"peft_type":"HRA"}'),
    });
    expect(messages[0]).toMatch(/^m\/adapter_model\.safetensors is an adapter of PEFT’s kind HRA;/);
  });

  it('stands by itself beside and inside others', async () => {
    const { names } = await open({
      './base/model.safetensors': safetensorsBlob(a),
      'tunes/one/model.safetensors': safetensorsBlob(a),
      'tunes/two/model.safetensors': safetensorsBlob(a),
      'tunes/two/checkpoint-500/model.safetensors': safetensorsBlob(a),
      'other/one/model.safetensors': safetensorsBlob(b),
      'tunes/README.md': text(''),
    });
    expect(names).toEqual(['base', 'one', 'two', 'one-2']);
  });
});

describe('loose files', () => {
  it('are checkpoints by their own names', async () => {
    const { names, problems } = await open({
      'base.safetensors': safetensorsBlob(a),
      'sst2.v1.safetensors': safetensorsBlob(a),
      'model.safetensors': safetensorsBlob(a),
    });
    expect(names).toEqual(['base', 'sst2.v1', 'model']);
    expect(problems).toEqual([]);
  });

  it('in one folder are several checkpoints, which share its side files', async () => {
    const { checkpoints, names } = await open({
      'mine/base.safetensors': safetensorsBlob(a),
      'mine/tune.safetensors': safetensorsBlob(a),
      'mine/config.json': text('{"model_type":"bert"}'),
    });
    expect(names).toEqual(['base', 'tune']);
    expect(checkpoints.map(({ architecture }) => architecture)).toEqual(['bert', 'bert']);
    expect(checkpoints.map(({ sideFiles }) => sideFiles.length)).toEqual([1, 1]);
  });

  it('are opened under any name when they are safetensors by their bytes', async () => {
    const { names, problems } = await open({ 'm/weights.bin': safetensorsBlob(a) });
    expect(names).toEqual(['m']);
    expect(problems).toEqual([]);
  });

  it('that fail leave the others open', async () => {
    const { names, problems } = await open({
      'good.safetensors': safetensorsBlob(a),
      'cut.safetensors': safetensorsBlob(a).slice(0, -1),
      'zero.safetensors': text(''),
      'renamed.safetensors': zip,
      'old.bin': zip,
      'llama.gguf': text('GGUF'),
    });
    expect(names).toEqual(['good']);
    const told = problems.map(({ path, kind, message }) => [
      path,
      kind,
      message.slice(path.length, path.length + 16),
    ]);
    expect(told.sort()).toEqual([
      ['cut.safetensors', 'BadFile', ' is cut off: its'],
      ['llama.gguf', 'Unsupported', ' is a GGUF file '],
      ['old.bin', 'Unsupported', ' is a zip archiv'],
      ['renamed.safetensors', 'Unsupported', ' is a zip archiv'],
      ['zero.safetensors', 'BadFile', ' is empty: it ha'],
    ]);
  });

  it('of one refused kind are told of once in a folder', async () => {
    const { problems } = await open({
      'm/a.gguf': text('GGUF'),
      'm/b.gguf': text('GGUF'),
      'n/a.gguf': text('GGUF'),
    });
    expect(problems.map(({ path }) => path)).toEqual(['m/a.gguf', 'n/a.gguf']);
  });
});

describe('shards', () => {
  it('are one checkpoint, its tensors in the order of the files', async () => {
    const { checkpoints, problems } = await open({
      ...shardedFolder('big/', { b: two, a: one }, { [two]: b, [one]: a }),
      'big/consolidated.safetensors': safetensorsBlob(a),
    });
    expect(problems).toEqual([]);
    expect(checkpoints.map(({ name }) => name)).toEqual(['big']);
    const { index, weightFiles } = checkpoints[0] ?? {};
    expect(index?.files.map(({ name }) => name)).toEqual([one, two]);
    expect(weightFiles?.map(({ path }) => path)).toEqual([`big/${one}`, `big/${two}`]);
    expect(index?.tensors.map(({ name, file }) => [name, file])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  it.each([
    [
      'without the last',
      shardedFolder('m/', { a: one, b: two }, { [one]: a }),
      `m/model.safetensors.index.json names the shard ${two}, which is missing beside it.`,
    ],
    [
      'with one that the index does not name',
      shardedFolder('m/', { a: one }, { [one]: a, [two]: b }),
      `m/model.safetensors.index.json does not name the shard ${two}, which lies beside it.`,
    ],
    [
      'with a tensor that the index does not name',
      shardedFolder('m/', { a: one }, { [one]: { ...a, ...b } }),
      `m/model.safetensors.index.json disagrees with ${one}: that file holds tensor "b", and the index does not name it.`,
    ],
    [
      'whose index names ../x',
      shardedFolder('m/', { a: `../${one}` }, { [one]: a }),
      `m/model.safetensors.index.json puts tensor "a" into "../${one}", which is not a plain file name.`,
    ],
    [
      'without their index',
      { [`m/${one}`]: safetensorsBlob(a), [`m/${two}`]: safetensorsBlob(b) },
      `m/${one} is one shard of several, and their index m/model.safetensors.index.json is missing.`,
    ],
    [
      'without their index, loose',
      { [one]: safetensorsBlob(a), [two]: safetensorsBlob(b) },
      `${one} is one shard of several, and their index model.safetensors.index.json is missing.`,
    ],
  ])('%s are one problem', async (_, files, message) => {
    const { checkpoints, messages } = await open({
      ...files,
      'ok.safetensors': safetensorsBlob(a),
    });
    expect(checkpoints.map(({ name }) => name)).toEqual(['ok']);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(message);
  });

  it('of which one is malformed name that file', async () => {
    const files = shardedFolder('m/', { a: one, b: two }, { [one]: a });
    files[`m/${two}`] = safetensorsBlob(b).slice(0, 20);
    const { messages } = await open(files);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`m/${two} is cut off`);
  });
});

describe('shards of PyTorch', () => {
  const bins = [1, 2].map((n) => `pytorch_model-0000${n}-of-00002.bin`);
  const index = text(JSON.stringify({ weight_map: { a: bins[0], b: bins[1] } }));
  const pointer = text('version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12345\n');
  const folder = (shards: Record<string, Blob>) => ({
    'm/pytorch_model.bin.index.json': index,
    ...shards,
  });

  it('that are pointers of Git LFS are one problem', async () => {
    const both = await open(folder({ [`m/${bins[0]}`]: pointer, [`m/${bins[1]}`]: pointer }));
    expect(both.messages).toEqual([expect.stringContaining('is a Git LFS pointer')]);
    const one = await open(
      folder({ [`m/${bins[0]}`]: safetensorsBlob(a), [`m/${bins[1]}`]: pointer }),
    );
    expect(one.messages).toEqual([expect.stringContaining(`m/${bins[1]} is a Git LFS pointer`)]);
    expect(one.names).toEqual([]);
  });

  it('that are of no known kind are told as such, and not as missing', async () => {
    const { names, messages } = await open({
      ...folder({ [`m/${bins[0]}`]: safetensorsBlob(a), [`m/${bins[1]}`]: text('\u0001?') }),
    });
    expect(names).toEqual([]);
    expect(messages).toEqual([
      expect.stringContaining(`m/${bins[1]} is of no kind that Stitchwork knows`),
    ]);
  });
});

describe('a distributed checkpoint', () => {
  const part = zip;

  it.each([
    [
      'of PyTorch',
      ['run/.metadata', 'run/__0_0.distcp', 'run/__1_0.distcp', 'run/common.pt'],
      'run is a distributed checkpoint of PyTorch: each .distcp file holds what one process saved, and .metadata says where which weights lie. Make one file of it, then open that: python -m torch.distributed.checkpoint.format_utils dcp_to_torch run model.pt',
    ],
    [
      'of FSDP beside that of its optimiser',
      ['c/pytorch_model_fsdp_0/__0_0.distcp', 'c/optimizer_0/__0_0.distcp'],
      'dcp_to_torch pytorch_model_fsdp_0 model.pt',
    ],
    [
      'of PyTorch, dropped as files',
      ['__0_0.distcp', '__1_0.distcp'],
      'dcp_to_torch FOLDER model.pt',
    ],
    [
      'of DeepSpeed, ZeRO 1 and 2',
      [
        'c/global_step9/mp_rank_00_model_states.pt',
        'c/global_step9/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt',
        'c/global_step9/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt',
        'c/zero_to_fp32.py',
        'c/latest',
      ],
      'c/global_step9 is a checkpoint of DeepSpeed, of which each file holds what one process saved. Make one of it in the folder that holds global_step9, where DeepSpeed put zero_to_fp32.py, then open what it makes: python zero_to_fp32.py . merged',
    ],
    [
      'of DeepSpeed, ZeRO 3',
      [
        'global_step9/zero_pp_rank_0_mp_rank_00_model_states.pt',
        'global_step9/zero_pp_rank_0_mp_rank_00_optim_states.pt',
      ],
      'python zero_to_fp32.py . merged',
    ],
    [
      'of Megatron',
      ['i/mp_rank_00/model_optim_rng.pt', 'i/mp_rank_01/model_optim_rng.pt'],
      'i is a checkpoint of Megatron, of which each mp_rank folder holds the weights of one process. Make one of it with Megatron-LM, then open the .pt file that it saves: python tools/checkpoint/convert.py --model-type GPT --loader mcore --saver mcore',
    ],
    [
      'of DeepSpeed, its model split',
      ['c/global_step9/layer_00-model_00-model_states.pt'],
      'in Megatron-DeepSpeed python tools/convert_checkpoint/deepspeed_to_megatron.py --target_tp 1',
    ],
    [
      'of NeMo',
      [
        'n/tp_rank_00_pp_rank_000/model_weights.ckpt',
        'n/tp_rank_01_pp_rank_000/model_weights.ckpt',
      ],
      'n is a checkpoint of NeMo, of which each rank’s folder holds the weights of one process. Make one of it with NeMo',
    ],
    [
      'of Meta',
      ['llama/consolidated.00.pth', 'llama/consolidated.01.pth', 'llama/params.json'],
      'llama holds a model in Meta’s form, of which each consolidated file holds the weights of one process. Take the model in Hugging Face’s form',
    ],
    [
      'of Meta, its second file alone',
      ['consolidated.01.pth'],
      'consolidated.01.pth holds a model in Meta’s form',
    ],
    [
      'of vLLM',
      ['v/model-rank-0-part-0.safetensors', 'v/model-rank-1-part-0.safetensors'],
      'v is a sharded state of vLLM, of which each file holds weights of one process. Take the model that it was made from',
    ],
  ])('%s is named, with the line that makes one file of it', async (_, paths, message) => {
    const { names, messages } = await open(Object.fromEntries(paths.map((path) => [path, part])));
    expect(names).toEqual([]);
    expect(messages).toEqual([expect.stringContaining(message)]);
  });

  it('hides no other weights beside it', async () => {
    const { names, messages } = await open({
      'run/__0_0.distcp': part,
      'common.pt': part,
      'latest.safetensors': safetensorsBlob(a),
    });
    expect(names).toEqual(['latest']);
    expect(messages).toEqual([
      expect.stringContaining('run is a distributed checkpoint of PyTorch'),
      expect.stringContaining('common.pt is a zip archive'),
    ]);
  });

  it('is told by the flat parameters of FSDP, whose name alone is none', async () => {
    const { messages } = await open({
      'f/model.safetensors': safetensorsBlob({ 'layers.0._flat_param': [6], _flat_param: [4] }),
    });
    expect(messages).toEqual([
      expect.stringContaining(
        'f/model.safetensors holds flat parameters of FSDP, in which the weights of several layers lie in one row without their names: layers.0._flat_param and _flat_param. Save the whole where it was trained',
      ),
    ]);
    const { names } = await open({ 'n.safetensors': safetensorsBlob({ flat_param: [2, 2] }) });
    expect(names).toEqual(['n']);
  });

  it('is left out as a copy beside the same weights whole, which is told', async () => {
    const { checkpoints, problems } = await open({
      'm/model.safetensors': safetensorsBlob(a),
      'm/consolidated.00.pth': part,
      'm/consolidated.01.pth': part,
    });
    expect(problems).toEqual([]);
    expect(checkpoints.map(({ notes }) => notes)).toEqual([
      [
        'Read from model.safetensors. Left out as copies of it: consolidated.00.pth and consolidated.01.pth (a whole file is read before what several processes saved).',
      ],
    ]);
  });

  it('is left out beside the same weights whole', async () => {
    const { names, problems } = await open({
      'c/model.safetensors': safetensorsBlob(a),
      'c/global_step9/mp_rank_00_model_states.pt': part,
      'c/global_step9/zero_pp_rank_0_mp_rank_00_optim_states.pt': part,
    });
    expect(names).toEqual(['c']);
    expect(problems).toEqual([]);
  });
});

describe('what is no weights', () => {
  it('is told of, but archives, arrays and tables not beside weights', async () => {
    const aside = {
      'm/a.npy': new Blob([Uint8Array.of(0x93), 'NUMPY']),
      'm/a.parquet': text('PAR1'),
    };
    expect((await open(aside)).messages).toHaveLength(2);
    const beside = await open({ ...aside, 'm/model.safetensors': safetensorsBlob(a) });
    expect(beside.messages).toEqual([]);
  });

  it('is told of beside weights where its name says that it should be some', async () => {
    const { names, messages } = await open({
      'm/model.safetensors': safetensorsBlob(a),
      'm/cover.jpeg2': text('\u0001?'),
      'm/other.ckpt': text('\u0001?'),
    });
    expect(names).toEqual(['m']);
    expect(messages).toEqual([
      expect.stringContaining('m/other.ckpt is of no kind that Stitchwork knows'),
    ]);
  });
});

describe('recipes', () => {
  it('are returned as text', async () => {
    const { recipes, problems } = await open({ 'r/merge.yml': text('a: é'), 'b.YAML': text('') });
    expect(recipes).toEqual([
      { path: 'r/merge.yml', text: 'a: é' },
      { path: 'b.YAML', text: '' },
    ]);
    expect(problems).toEqual([]);
  });

  it('are told from other YAML beside weights', async () => {
    const { recipes } = await open({
      'model.safetensors': safetensorsBlob(a),
      'own.yml': text('base_model: b\nmerge_method: linear\n'),
      'flow.yml': text('{"merge_method": "linear", "models": []}'),
      'hparams.yaml': text('lr: 0.1\nmodel: roberta\n'),
    });
    expect(recipes.map(({ path }) => path)).toEqual(['own.yml', 'flow.yml']);
  });

  it('are refused when they are large, or no text', async () => {
    const { messages } = await open({
      'big.yml': text('#'.repeat(262_145)),
      'latin1.yml': new Blob([Uint8Array.of(0xe9)]),
    });
    expect(messages.sort()).toEqual([
      'big.yml has 262145 bytes, over the 262144 that are read of such a file. Choose another file.',
      'latin1.yml is not text in UTF-8. Save the recipe as UTF-8.',
    ]);
  });
});

it('says so when nothing of a drop is of use', async () => {
  const { problems } = await open({ 'notes/config.json': text('{}'), 'notes/README.md': text('') });
  expect(problems).toEqual([
    {
      path: 'notes/config.json',
      kind: 'Unsupported',
      message:
        'notes/config.json comes without weights. Drop a safetensors or PyTorch file, or a folder that holds one.',
    },
  ]);
});

it('opens nothing from nothing', async () => {
  expect(await openCheckpoints([], identify)).toEqual({
    checkpoints: [],
    problems: [],
    recipes: [],
  });
});
