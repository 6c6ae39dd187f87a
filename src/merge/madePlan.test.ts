import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { cases, differences, masksOf, merge, open, type ReadGolden } from '../test/goldenMerge.ts';
import { freshJournal } from './journal.ts';
import { madePlan, withoutMade } from './madePlan.ts';
import type { MergePart } from './mergeChunks.ts';
import { runMerge } from './runMerge.ts';

const read: ReadGolden = async (set, name) =>
  new Uint8Array(await readFile(new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url)));

it('writes weights that were made bit for bit, with the masks of the models', async () => {
  const name = 'karcher.float32';
  const { recipe } = cases.find(({ set, case: each }) => set === 'smooth' && each === name)!;
  const plain = await merge(read, 'smooth', recipe, createCpuCompute('test'), 352);
  const made = await open(read, 'smooth', name);
  const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const inputs = await Promise.all(names.map((each) => open(read, 'smooth', each)));
  const infos = new Map(made.index.tensors.map((info) => [info.name, info]));
  const parts: MergePart[] = [];
  await runMerge(
    madePlan(plain.plan),
    {
      compute: createCpuCompute('test'),
      readers: [
        ...inputs,
        { read: (info, start, end) => made.read(infos.get(info.name)!, start, end) },
      ],
      signal: new AbortController().signal,
      onProgress: () => undefined,
      save: async (saved) => {
        parts.push(...saved.map((part) => withoutMade(plain.plan, part)));
      },
    },
    freshJournal,
  );
  const { weigh: _, ...exact } = plain.plan.method;
  const merged = { plan: { ...plain.plan, method: exact }, parts, base: plain.base };
  expect((await differences(merged, made)).slice(0, 5)).toEqual([]);
  expect(masksOf(merged)).toEqual(masksOf(plain));
});
