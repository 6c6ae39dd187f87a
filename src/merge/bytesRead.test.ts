import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import { merge, open, type ReadGolden } from '../test/goldenMerge.ts';
import { methods } from './methods/registry.ts';

const read: ReadGolden = async (set, name) =>
  new Uint8Array(await readFile(new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url)));

/** What learns from data first; the tests of learners count what they read. */
type Learns =
  | 'adamerging'
  | 'adamerging_plus_plus'
  | 'adamerging_supervised'
  | 'fisher'
  | 'regmean'
  | 'regmean_plus_plus'
  | 'few_shot';

/**
 * How often a method must see its inputs: once to merge; before that twice for the exact k-th largest |τ| (16 bits of it
 * at a time), and once for the sums over whole tensors. PCB-merging
 * ranks by softmax of normed products, which takes their range and then its sums. DELLA reads again the parts of rows that
 * reach into another chunk.
 */
const passes: Record<Exclude<keyof typeof methods, Learns>, 1 | 2 | 3 | 4 | 5> = {
  localize_and_stitch: 3,
  ties: 3,
  task_arithmetic: 1,
  linear: 1,
  dare_linear: 1,
  dare_ties: 1,
  della: 2,
  della_linear: 2,
  breadcrumbs: 3,
  breadcrumbs_ties: 3,
  consensus_ta: 1,
  consensus_ties: 3,
  magmax: 1,
  lines: 1,
  pcb_merging: 5,
  model_stock: 2,
  slerp: 2,
  nuslerp: 2,
  multislerp: 2,
  karcher: 2,
  iso_c: 1,
  iso_cts: 1,
  tsv_merge: 1,
  sce: 4,
  nearswap: 1,
  passthrough: 1,
  wudi: 1,
};

test.each(Object.entries(passes))('%s reads its inputs %i times', async (method, times) => {
  const models = method === 'nearswap' || method === 'passthrough' ? ['a'] : ['a', 'b'];
  const text = `scope: all\nmerge_method: ${method}\nbase_model: base\nmodels: [${models.map((name) => `{ model: ${name} }`).join(', ')}]`;
  const recipe = parseRecipe(text, Object.keys(methods), []);
  const { bytesRead, journal } = await merge(read, 'smooth', recipe, createCpuCompute('test'), 736);
  const inputs = await Promise.all(['base', ...models].map((name) => open(read, 'smooth', name)));
  const tensors = inputs.flatMap(({ index }) => index.tensors);
  expect(bytesRead).toBe(times * tensors.reduce((sum, { start, end }) => sum + end - start, 0));
  expect(journal.bytesRead).toBe(bytesRead);
});
