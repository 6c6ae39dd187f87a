import { createCpuCompute } from '../../src/gpu/cpu.ts';
import { freshJournal } from '../../src/merge/journal.ts';
import type { MergePart } from '../../src/merge/mergeChunks.ts';
import { methods } from '../../src/merge/methods/registry.ts';
import { planMerge } from '../../src/merge/plan.ts';
import { planTensors } from '../../src/merge/preflight.ts';
import { runMerge } from '../../src/merge/runMerge.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import type { TaskMask } from '../../src/scope/masks.ts';
import { readerOf, type Suite, type WeightMap } from './suiteModels.ts';

const elementsPerChunk = 2 ** 16;

/** The models of a suite merged as the app merges them, by a method's defaults or by the masks of all. */
export async function mergeSuite(
  { base, tuned, scope, infos }: Pick<Suite, 'base' | 'tuned' | 'scope' | 'infos'>,
  merge_method: keyof typeof methods,
  masks: readonly TaskMask[] = [],
): Promise<WeightMap> {
  const header = (name: string) => ({
    name,
    architecture: 'roberta',
    index: { files: [], tensors: infos, metadata: {} },
  });
  const names = tuned.map((_, m) => `${m}`);
  const recipe: Recipe = {
    merge_method,
    base_model: 'base',
    models: names.map((model) => ({ model })),
    dtype: 'float32',
    out_dtype: 'float32',
  };
  const include = scope.map(({ name }) => name);
  const planned = planTensors(header('base'), names.map(header), { include });
  const masked = masks.map(() => true);
  const plan = planMerge(planned, recipe, methods[merge_method], elementsPerChunk, masked);
  const parts: MergePart[] = [];
  const host = {
    compute: createCpuCompute('Node'),
    readers: [base, ...tuned].map(readerOf),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    maskWords: async (m: number, { name }: { name: string }, from: number, to: number) =>
      masks[m]?.words.get(name)?.subarray(from, to) ?? new Uint32Array(to - from),
    save: async (made: MergePart[]) => void parts.push(...made),
  };
  await runMerge(plan, host, freshJournal);
  const merged = new Map(base);
  for (const { planned, firstPart, endPart } of plan.outputs) {
    if (planned.fate !== 'merged') continue;
    const pieces = parts.slice(firstPart, endPart).map(({ out }) => out);
    const bytes = await new Blob(pieces).arrayBuffer();
    merged.set(planned.tensor.name, new Float32Array(bytes));
  }
  return merged;
}

/** The base with one task's mask. */
export function graft(suite: Suite, mask: TaskMask, task: number): Promise<WeightMap> {
  return mergeSuite({ ...suite, tuned: [suite.tuned[task]!] }, 'localize_and_stitch', [mask]);
}
