import { describe, expect, it } from 'vitest';
import { safetensorsBlob, safetensorsBytes } from '../test/fileBytes.ts';
import { openCheckpoints } from './open.ts';

const text = (content: unknown) => new Blob([JSON.stringify(content)]);
const identify = (modelType: string | null) => modelType;

async function open(files: Record<string, Blob>) {
  const sources = Object.entries(files).map(([path, blob]) => ({ path, blob }));
  const { checkpoints, problems } = await openCheckpoints(sources, identify);
  return { checkpoints, messages: problems.map(({ message }) => message) };
}

const module = (path: string, type: string) => ({ path, type: `sentence_transformers.${type}` });
const embedder = (folder: string, modules: { path: string }[]): Record<string, Blob> => ({
  [`${folder}/modules.json`]: text(modules),
  [`${folder}/config.json`]: text({ model_type: 'bert' }),
  [`${folder}/model.safetensors`]: safetensorsBlob({ 'embeddings.weight': [2, 2] }),
  [`${folder}/1_Pooling/config.json`]: text({ pooling_mode_mean_tokens: true }),
  [`${folder}/2_Dense/config.json`]: text({ in_features: 2 }),
  [`${folder}/2_Dense/model.safetensors`]: safetensorsBlob({ 'linear.weight': [3] }),
});
const modules = [
  module('', 'Transformer'),
  module('1_Pooling', 'Pooling'),
  module('2_Dense', 'Dense'),
  module('3_Normalize', 'Normalize'),
];

describe('a folder of sentence-transformers', () => {
  it('is one model with the weights of its parts, and files that have none', async () => {
    const { checkpoints, messages } = await open(embedder('hub/e5', modules));
    expect(messages).toEqual([]);
    expect(checkpoints).toHaveLength(1);
    const [{ name, index, parts, architecture, notes, sideFiles, weightFiles } = undefined!] =
      checkpoints;
    expect({ name, parts, architecture, notes }).toEqual({
      ...{ name: 'e5', architecture: 'bert' },
      parts: [
        { path: '', architecture: 'bert' },
        { path: '2_Dense', architecture: null },
      ],
      notes: ['By modules.json one model; its parts with weights: its own folder, 2_Dense.'],
    });
    expect(index.files.map((file) => file.name)).toEqual([
      'model.safetensors',
      '2_Dense/model.safetensors',
    ]);
    expect(weightFiles.map(({ path }) => path)).toEqual([
      'hub/e5/model.safetensors',
      'hub/e5/2_Dense/model.safetensors',
    ]);
    expect(index.tensors.map(({ name, file }) => [name, file])).toEqual([
      ['embeddings.weight', 0],
      ['2_Dense/linear.weight', 1],
    ]);
    expect(sideFiles.map(({ path }) => path)).toEqual([
      'modules.json',
      'config.json',
      '1_Pooling/config.json',
      '2_Dense/config.json',
    ]);
  });

  it('has its parts in the order of the folders, without one of its own where all lie below', async () => {
    const { checkpoints } = await open({
      'm/modules.json': text([
        module('0_Transformer', 'Transformer'),
        module('1_Pooling', 'Pooling'),
      ]),
      'm/0_Transformer/config.json': text({ model_type: 'bert' }),
      'm/0_Transformer/pytorch_model.bin': safetensorsBlob({ a: [2] }),
      'm/1_Pooling/config.json': text({}),
    });
    expect(checkpoints).toMatchObject([
      { name: 'm', architecture: null, parts: [{ path: '0_Transformer', architecture: 'bert' }] },
    ]);
  });

  it('has them in the order in which they are named, whatever that of the drop', async () => {
    const reversed = Object.fromEntries(Object.entries(embedder('m', modules)).reverse());
    const { checkpoints } = await open(reversed);
    expect(checkpoints[0]?.parts?.map(({ path }) => path)).toEqual(['', '2_Dense']);
    expect(checkpoints[0]?.index.tensors.map(({ file }) => file)).toEqual([0, 1]);
  });

  it('has the parts of a router that is the model itself', async () => {
    const weights = safetensorsBlob({ a: [2] });
    const { checkpoints } = await open({
      'm/modules.json': text([module('', 'Router')]),
      'm/router_config.json': text({ types: { query_0: 'StaticEmbedding', document_0: 'Dense' } }),
      'm/query_0/model.safetensors': weights,
      'm/document_0/model.safetensors': weights,
    });
    expect(checkpoints).toMatchObject([{ parts: [{ path: 'query_0' }, { path: 'document_0' }] }]);
  });

  it('tells what is named and not there, what is there and not named, and steps of its training', async () => {
    const { checkpoints, messages } = await open({
      ...embedder('m', [...modules, module('4_Dense', 'Dense')]),
      'm/extra/model.safetensors': safetensorsBlob({ a: [1] }),
      ...embedder('m/checkpoint-9', modules),
    });
    expect(messages).toEqual([]);
    expect(checkpoints).toHaveLength(1);
    expect(checkpoints[0]?.notes).toEqual([
      'By modules.json one model; its parts with weights: its own folder, 2_Dense.',
      'modules.json names 4_Dense, not found in the folder.',
      'extra, not named by modules.json, is left out.',
      'checkpoint-9 holds the model at other steps of its training and is left out. Open such a folder by itself to merge it.',
    ]);
  });

  it('stands beside others, each by its own folder’s name', async () => {
    const { checkpoints } = await open({
      ...embedder('all/base', modules),
      ...embedder('all/tuned', modules),
      'all/plain/model.safetensors': safetensorsBlob({ a: [1] }),
    });
    expect(checkpoints.map(({ name }) => name)).toEqual(['base', 'tuned', 'plain']);
  });
});

describe('a pipeline of diffusers', () => {
  const pipeline = {
    'sd/model_index.json': text({
      _class_name: 'StableDiffusionPipeline',
      unet: ['diffusers', 'UNet2DConditionModel'],
      vae: ['diffusers', 'AutoencoderKL'],
      safety_checker: [null, null],
      scheduler: ['diffusers', 'DDIMScheduler'],
      requires_safety_checker: false,
    }),
    'sd/unet/config.json': text({ _class_name: 'UNet2DConditionModel' }),
    'sd/unet/diffusion_pytorch_model.safetensors': safetensorsBlob({ 'conv.weight': [4] }),
    'sd/vae/diffusion_pytorch_model.safetensors': safetensorsBlob({ 'conv.weight': [2] }),
    'sd/scheduler/scheduler_config.json': text({}),
  };

  it('is one model, copies of its parts and whole files beside them left out', async () => {
    const { checkpoints, messages } = await open({
      ...pipeline,
      'sd/v1-5-pruned.safetensors': safetensorsBlob({ a: [1] }),
      'sd/unet/diffusion_pytorch_model.fp16.safetensors': safetensorsBlob(
        { 'conv.weight': [4] },
        'F16',
      ),
    });
    expect(messages).toEqual([]);
    expect(checkpoints).toHaveLength(1);
    expect(checkpoints[0]?.index.tensors.map(({ name }) => name)).toEqual([
      'unet/conv.weight',
      'vae/conv.weight',
    ]);
    expect(checkpoints[0]?.sideFiles.map(({ path }) => path)).toContain(
      'scheduler/scheduler_config.json',
    );
    expect(checkpoints[0]?.notes).toEqual([
      'By model_index.json one model; its parts with weights: unet, vae.',
      'v1-5-pruned.safetensors, not named by model_index.json, is left out.',
      'unet: Read from diffusion_pytorch_model.safetensors. Left out as copies of it: diffusion_pytorch_model.fp16.safetensors (a name without a variant is read first, then the highest precision).',
    ]);
  });

  it('keeps heads beside the weights of a part as they are, and tells them', async () => {
    const head = { 'sd/unet/colbert_linear.pt': safetensorsBlob({ a: [1] }) };
    const { checkpoints, messages } = await open({ ...pipeline, ...head });
    expect(messages).toEqual([]);
    const [{ sideFiles, notes, index } = undefined!] = checkpoints;
    expect(index.tensors.map(({ name }) => name)).toEqual(['unet/conv.weight', 'vae/conv.weight']);
    expect(sideFiles.map(({ path }) => path)).toContain('unet/colbert_linear.pt');
    expect(notes).toContain(
      'unet: colbert_linear.pt beside diffusion_pytorch_model.safetensors does not merge: the output has the base’s.',
    );
  });

  it('whose part is broken, or holds two models, is one problem', async () => {
    const cut = { 'sd/vae/diffusion_pytorch_model.safetensors': new Blob(['12345']) };
    expect((await open({ ...pipeline, ...cut })).messages).toEqual([
      expect.stringContaining('sd/vae/diffusion_pytorch_model.safetensors'),
    ]);
    const weights = safetensorsBlob({ a: [1] });
    const two = { 'sd/unet2/one.safetensors': weights, 'sd/unet2/two.safetensors': weights };
    const index = text({ unet2: ['diffusers', 'UNet2DConditionModel'] });
    const { checkpoints, messages } = await open({ 'sd/model_index.json': index, ...two });
    expect(checkpoints).toEqual([]);
    expect(messages).toEqual([
      'sd/unet2 is one part by model_index.json, and holds 2 models (one.safetensors, two.safetensors). Leave the files of one in the folder.',
    ]);
  });

  it.each([['../vae'], ['/vae'], ['vae/../..'], ['a\\b']])(
    'that names the part %j is told, and its folders open as they are',
    async (path) => {
      const index = { 'sd/model_index.json': text({ [path]: ['diffusers', 'AutoencoderKL'] }) };
      const { checkpoints, messages } = await open({ ...pipeline, ...index });
      expect(messages).toEqual([
        `sd/model_index.json names the part ${JSON.stringify(path)}. Download the folder again, with all its files.`,
      ]);
      expect(checkpoints.map(({ name }) => name)).toEqual(['unet', 'vae']);
    },
  );
});

it('scales of quantized parts move with their codes', async () => {
  const header = {
    'q.weight': { dtype: 'F8_E4M3', shape: [2, 2], data_offsets: [0, 4] },
    'q.weight_scale': { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
  };
  const quantized = new Blob([safetensorsBytes(JSON.stringify(header), 8)]);
  const { checkpoints } = await open({
    'm/modules.json': text(modules),
    'm/model.safetensors': safetensorsBlob({ a: [1] }),
    'm/2_Dense/model.safetensors': quantized,
  });
  const [, tensor] = checkpoints[0]?.index.tensors ?? [];
  expect(tensor).toMatchObject({ name: '2_Dense/q.weight', file: 1 });
  expect(tensor?.codes?.scale).toMatchObject({ name: '2_Dense/q.weight_scale', file: 1 });
});
