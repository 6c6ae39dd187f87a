import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { repeatedTensors } from '../library/ties.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import { bitsFloat } from '../tensor/float.ts';
import { withPieces } from '../tensor/pieces.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import goldens from './goldens/apart/cases.json';
import type { CheckpointHeader } from './checkpointHeader.ts';
import { freshJournal } from './journal.ts';
import type { MergePart } from './mergeChunks.ts';
import { mergekitForms, methodFor, methods } from './methods/registry.ts';
import { planMerge } from './plan.ts';
import { planTensors, untiedTensors } from './preflight.ts';
import { tensorRules } from './tensorRules.ts';
import { runMerge } from './runMerge.ts';

async function open(name: string): Promise<CheckpointHeader & TensorReader> {
  const file = await readFile(new URL(`./goldens/apart/${name}.safetensors`, import.meta.url));
  const bytes = new Uint8Array(file);
  const source = { path: `${name}.safetensors`, blob: new Blob([bytes]) };
  const { tensors, metadata } = await readSafetensorsHeader(source, 0);
  const read: TensorReader['read'] = async ({ start }, from, to) =>
    bytes.slice(start + from, start + to);
  return {
    ...{ name, architecture: 'llama' },
    ...withPieces({ read }),
    index: { files: [{ name: source.path, bytes: bytes.length }], tensors, metadata },
    ties: { copies: await repeatedTensors('llama', tensors, { read }), told: null },
  };
}

const valuesOf = (bytes: Uint8Array<ArrayBuffer>, dtype: string): number[] =>
  dtype === 'F32'
    ? [...new Float32Array(bytes.buffer)]
    : [...new Uint16Array(bytes.buffer)].map((half) => bitsFloat(half << 16));

test.each(goldens)(
  '$case: heads and rows that go apart come out as numpy has them',
  async (golden) => {
    const text = JSON.stringify(golden.recipe);
    const recipe = parseRecipe(text, Object.keys(methods), [], mergekitForms);
    const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
    const readers = await Promise.all(names.map(open));
    const [base, ...models] = readers;
    const method = methodFor(recipe)!;
    const planned = planTensors(base!, models, ...tensorRules(recipe, method));
    const plan = planMerge(planned, recipe, method, 32);
    const parts: MergePart[] = [];
    const host = {
      ...{ compute: createCpuCompute(''), readers, signal: new AbortController().signal },
      onProgress: () => undefined,
      async save(saved: MergePart[]) {
        parts.push(...saved);
      },
    };
    await runMerge(plan, host, freshJournal);
    const merged = new Map<string, number[]>();
    for (const { planned, dtype, firstPart, endPart } of plan.outputs) {
      const { tensor, follows } = planned;
      if (follows !== undefined) continue;
      const made = parts.slice(firstPart, endPart).map(({ out }) => out);
      const copied = await base!.read(tensor, 0, tensor.end - tensor.start);
      const blob = new Blob(firstPart === endPart ? [copied] : made);
      const values = valuesOf(new Uint8Array(await blob.arrayBuffer()), dtype);
      merged.set(tensor.name, [...(merged.get(tensor.name) ?? []), ...values]);
    }
    for (const { planned } of plan.outputs)
      if (planned.follows) merged.set(planned.tensor.name, merged.get(planned.follows)!);
    const expected = await open(golden.case);
    expect([...merged.keys()].sort()).toEqual(
      expected.index.tensors.map(({ name }) => name).sort(),
    );
    for (const tensor of expected.index.tensors) {
      const bytes = await expected.read(tensor, 0, tensor.end - tensor.start);
      expect(merged.get(tensor.name), tensor.name).toEqual(valuesOf(bytes, tensor.dtype));
    }
    expect(untiedTensors(planned).length).toBe(golden.untied ? 1 : 0);
  },
);
