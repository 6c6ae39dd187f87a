import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { identifyArchitecture } from '../models/registry.ts';
import { withPieces } from '../tensor/pieces.ts';
import { tensorBytes, type TensorInfo } from '../tensor/tensorIndex.ts';
import { freshJournal } from './journal.ts';
import { matchNames } from './matchNames.ts';
import type { MergePart } from './mergeChunks.ts';
import { methodOf } from './methods/registry.ts';
import { planMerge } from './plan.ts';
import { planTensors, preflight } from './preflight.ts';
import { runMerge } from './runMerge.ts';

const folder = new URL('../models/goldens/namings/', import.meta.url);

/** A file of scripts/namingGoldens.py. */
async function open(name: string) {
  const bytes = new Uint8Array(await readFile(new URL(`${name}.safetensors`, folder)));
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  const { tensors, metadata } = await readSafetensorsHeader(source, 0);
  const { alone } = JSON.parse(metadata.golden ?? '') as { alone: string[] };
  const files = [{ name: source.path, bytes: bytes.length }];
  const reader = withPieces({
    read: async ({ start }: TensorInfo, from: number, to: number) =>
      bytes.slice(start + from, start + to),
  });
  const architecture = identifyArchitecture(null, tensors);
  return { name, alone, architecture, index: { files, tensors, metadata }, ...reader };
}

const whole = ({ read }: Awaited<ReturnType<typeof open>>, tensor: TensorInfo) =>
  read(tensor, 0, tensorBytes(tensor));

const namesOf = (tensors: readonly TensorInfo[]) => tensors.map(({ name }) => name).sort();

const listed = (await readdir(folder)).map((file) => file.replace('.safetensors', ''));
const modelOf = (file: string) => file.split('.')[0];
const pairs = listed.flatMap((base) =>
  listed
    .filter(
      (model) => model !== base && modelOf(model) === modelOf(base) && modelOf(base) !== 'merged',
    )
    .map((model) => [base, model] as const),
);

it.each(pairs)('%s meets %s, in every tensor and value', async (ours, theirs) => {
  const [base, model] = await Promise.all([open(ours), open(theirs)]);
  const { byBaseName, extra, unlike } = matchNames(base.index.tensors, model.index.tensors);
  const shared = base.index.tensors.filter(({ name }) => !base.alone.includes(name));
  expect([...byBaseName.keys()].sort()).toEqual(namesOf(shared));
  expect(namesOf(extra)).toEqual(model.alone);
  expect(unlike).toBeNull();
  for (const tensor of shared) {
    const counterpart = byBaseName.get(tensor.name)!;
    expect(counterpart.shape, tensor.name).toEqual(tensor.shape);
    expect(await whole(model, counterpart), tensor.name).toEqual(await whole(base, tensor));
  }
});

describe.each(['transformers', 'openai', 'openClip'])('CLIP by the names of %s', (naming) => {
  it('merges with models of other names, and comes out by its own', async () => {
    const [base, wanted, ...models] = await Promise.all(
      [`clip.${naming}`, `merged.${naming}`, 'first.openai', 'second.transformers'].map(open),
    );
    const recipe = {
      ...{ merge_method: 'task_arithmetic', base_model: base!.name },
      ...{ dtype: 'float32' as const, out_dtype: 'base' as const },
      models: models.map(({ name }) => ({ model: name, parameters: { weight: 0.5 } })),
    };
    const planned = planTensors(base!, models, 'all');
    const plan = planMerge(planned, recipe, methodOf('task_arithmetic')!, 64);
    const parts: MergePart[] = [];
    const host = {
      ...{ compute: createCpuCompute(''), readers: [base!, ...models] },
      signal: new AbortController().signal,
      maskWords: () => Promise.resolve(new Uint32Array()),
      onProgress: () => undefined,
      async save(saved: MergePart[]) {
        parts.push(...saved);
      },
    };
    await runMerge(plan, host, freshJournal);
    expect(plan.outputs.map(({ planned }) => planned.tensor.name).sort()).toEqual(
      namesOf(wanted!.index.tensors),
    );
    for (const { planned, firstPart, endPart } of plan.outputs) {
      const { name } = planned.tensor;
      const pieces = parts.slice(firstPart, endPart).map(({ out }) => out);
      const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
      const expected = wanted!.index.tensors.find((each) => each.name === name)!;
      expect(bytes, name).toEqual(await whole(wanted!, expected));
    }
  });

  it('has the same weights in its blocks', async () => {
    const base = await open(`clip.${naming}`);
    const models = await Promise.all(['first.openai', 'second.transformers'].map(open));
    const report = preflight(base, models, 'blocks');
    expect(report.architecture?.id).toBe('clip');
    // Two layers of width 8 and one of 12, four times as wide inside.
    const layer = (d: number) => 12 * d * d + 13 * d;
    expect(report.parameters.scope).toBe(2 * layer(8) + layer(12));
    expect(report.remarks.map(({ kind }) => kind)).toEqual(['renamed']);
  });
});

describe("Llama by Meta's names, whose queries and keys lie in another order", () => {
  it.each([
    ['meta.consolidated', 'llama.transformers'],
    ['llama.transformers', 'meta.consolidated'],
  ])('as %s, is refused by %s', async (ours, theirs) => {
    const [base, model] = await Promise.all([open(ours), open(theirs)]);
    const [fit] = preflight(base, [model], 'all').models;
    expect(fit?.refusal).toMatch(
      /: meta.consolidated has the names of Meta, and the rows of its queries and keys .* Convert it first/,
    );
  });

  it('merges with its own kind', async () => {
    const base = await open('meta.consolidated');
    expect(preflight(base, [base], 'all').models[0]?.refusal).toBeNull();
  });
});
