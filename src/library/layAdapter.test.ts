import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { remarksOnAdapters } from '../merge/remarks.ts';
import { openCheckpoints } from '../formats/open.ts';
import { identifyArchitecture } from '../models/registry.ts';
import { adapterReader } from '../storage/adapterReader.ts';
import { tensorBytes, type TensorReader } from '../tensor/tensorIndex.ts';
import { layAdapter } from './layAdapter.ts';

const folder = new URL('goldens/adapters/', import.meta.url);

async function open(path: string): Promise<OpenedCheckpoint> {
  const [, name = ''] = path.split('/');
  const source = (file: string) => ({
    path: file === 'base.safetensors' ? file : `lora/${file}`,
    blob: new Blob([readFileSync(new URL(`${path.split('/')[0]}/${file}`, folder))]),
  });
  const files = name === 'adapter_model.safetensors' ? [name, 'adapter_config.json'] : [name];
  const { checkpoints, problems } = await openCheckpoints(files.map(source), identifyArchitecture);
  expect(problems).toEqual([]);
  expect(checkpoints).toHaveLength(1);
  return checkpoints[0]!;
}

const readerOf = ({ weightFiles }: OpenedCheckpoint): TensorReader => ({
  async read(tensor, start, end) {
    const blob = weightFiles[tensor.file]!.blob.slice(tensor.start + start, tensor.start + end);
    return new Uint8Array(await blob.arrayBuffer());
  },
});

/** Values of all tensors of an adapter on its base, read in pieces of so many elements. */
async function laidValues(of: string, file: string, piece: number) {
  const [base, own] = await Promise.all([open(`${of}/base.safetensors`), open(`${of}/${file}`)]);
  expect(own.adapter).toBeDefined();
  const { tensors, laid } = layAdapter(own.name, own.adapter!, base);
  const reader = adapterReader(laid, readerOf(own), readerOf(base));
  const values = new Map<string, number[]>();
  for (const tensor of tensors) {
    const all: number[] = [];
    const bytes = tensorBytes(tensor);
    for (let at = 0; at < bytes; at += 4 * piece) {
      const part = await reader.read(tensor, at, Math.min(bytes, at + 4 * piece));
      all.push(...new Float32Array(part.slice().buffer));
    }
    values.set(tensor.name, all);
  }
  return values;
}

async function expectMerged(of: string, values: ReadonlyMap<string, number[]>) {
  const merged = await open(`${of}/merged.safetensors`);
  const reader = readerOf(merged);
  expect([...values.keys()].sort()).toEqual(merged.index.tensors.map(({ name }) => name).sort());
  for (const tensor of merged.index.tensors) {
    const right = new Float32Array((await reader.read(tensor, 0, tensorBytes(tensor))).buffer);
    const most = Math.max(1e-9, ...right.map(Math.abs));
    const off = values.get(tensor.name)!.map((value, k) => Math.abs(value - right[k]!));
    expect(Math.max(...off) / most, tensor.name).toBeLessThan(1e-6);
  }
}

describe('an adapter on its base is what PEFT merges', () => {
  it.each(readdirSync(folder))('%s', async (name) => {
    await expectMerged(name, await laidValues(name, 'adapter_model.safetensors', 2 ** 20));
  });

  it.each(['gpt2', 'dora', 'gpt2Dora', 'pictures'])('%s, read in pieces', async (name) => {
    await expectMerged(name, await laidValues(name, 'adapter_model.safetensors', 5));
  });

  it.each(['kohya', 'diffusers', 'diffusersOld'])('in the words of %s', async (dialect) => {
    await expectMerged('plain', await laidValues('plain', `${dialect}.safetensors`, 2 ** 20));
  });
});

describe('an adapter of a head that the base has only as its embeddings', () => {
  const opened = () =>
    Promise.all([open('tiedHead/base.safetensors'), open('tiedHead/adapter_model.safetensors')]);
  const embeddings = 'model.embed_tokens.weight';

  it('changes these, which is told', async () => {
    const [base, own] = await opened();
    const { laid } = layAdapter(own.name, own.adapter!, base);
    const model = { name: own.name, adapter: own.adapter!, laid: { tensors: laid } };
    const remarks = remarksOnAdapters([model]);
    expect(remarks.slice(1)).toEqual([
      {
        ...{ kind: 'tied', tensors: [embeddings] },
        text: 'lora changes lm_head, for which the base has model.embed_tokens.weight: both change, as in PEFT’s merge_and_unload. Untie the base first to change lm_head alone.',
      },
    ]);
  });

  it('fits no base whose configuration unties them', async () => {
    const [base, own] = await opened();
    const untied = { ...base, ties: { copies: [], told: false } };
    expect(() => layAdapter(own.name, own.adapter!, untied)).toThrow(
      'it changes 3 modules, and 1 of them is not there (lm_head)',
    );
  });

  it('is refused where it changes the embeddings too', async () => {
    const [base, own] = await opened();
    const head = own.adapter!.changes.find(({ module }) => module === 'lm_head')!;
    const both = { ...head, module: 'model.embed_tokens' };
    const adapter = { ...own.adapter!, changes: [both, ...own.adapter!.changes] };
    expect(() => layAdapter(own.name, adapter, base)).toThrow(
      'lora changes model.embed_tokens and lm_head, which are one tensor in base. Merge it into its base with PEFT: model.merge_and_unload(), then save_pretrained.',
    );
  });
});

describe('an adapter that fits no base', () => {
  it('says what it changes, and what its base is', async () => {
    const [base, own] = await Promise.all([
      open('pictures/base.safetensors'),
      open('plain/adapter_model.safetensors'),
    ]);
    expect(() => layAdapter(own.name, own.adapter!, base)).toThrow(
      'lora is an adapter that does not fit base: it changes 4 modules, and none of them is there (model.layers.0.self_attn.q_proj, model.layers.0.self_attn.v_proj, model.layers.1.self_attn.q_proj and 1 more). Its configuration names org/base as its base. Choose the adapter’s own base.',
    );
  });
});
