import { afterAll, beforeAll, expect, test } from 'vitest';
import { engine } from '../engine/client.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { freshJournal, type MergeJournal } from '../merge/journal.ts';
import { mergekitForms, methods } from '../merge/methods/registry.ts';
import type { MergePart } from '../merge/mergeChunks.ts';
import { runMerge } from '../merge/runMerge.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import { getCheckpoint, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { emptyStore } from '../test/store.ts';
import { withDyingWorkers } from '../test/dyingWorkers.ts';
import { withCrew } from './crew.ts';
import { inputsOf, noteOf } from './mergeHost.ts';
import { planOf } from './planOf.ts';

const urls = import.meta.glob<string>(
  '../merge/goldens/{bf16,equal-steps,mergekit}/{base,a,b,c}.safetensors',
  {
    query: '?url',
    import: 'default',
    eager: true,
  },
);

const names = ['base', 'a', 'b', 'c'];
const checkpoints: Record<string, StoredCheckpoint[]> = {};
beforeAll(async () => {
  await emptyStore();
  for (const set of ['bf16', 'equal-steps', 'mergekit']) {
    checkpoints[set] = [];
    for (const name of names) {
      const response = await fetch(urls[`../merge/goldens/${set}/${name}.safetensors`]!);
      const path = `${set}-${name}.safetensors`;
      const files = [{ path, file: new File([await response.blob()], path) }];
      const { candidates } = await engine.inspect(files);
      const id = await engine.ingest('job', candidates[0]!.key, () => undefined);
      checkpoints[set].push((await getCheckpoint(id))!);
    }
  }
});
afterAll(emptyStore);

/** What a recipe makes in chunks of few elements, by a crew or on this thread, cut off after some chunks if so asked. */
async function merged(set: string, text: string, crewed: boolean, cutAfter = Infinity) {
  const recipe = parseRecipe(text, Object.keys(methods), [], mergekitForms);
  const inputs = checkpoints[set]!;
  const chunkElements = set === 'equal-steps' ? 32 : 352;
  const plan = planOf(recipe, inputs, chunkElements);
  const parts: MergePart[] = [];
  let journal: MergeJournal = freshJournal;
  const attempt = async (most: number) => {
    const cut = new AbortController();
    let done = 0;
    const host = {
      ...inputsOf(inputs, []),
      ...{ compute: createCpuCompute('test'), signal: cut.signal, note: noteOf(plan) },
      onProgress(stage: string) {
        if (stage === 'Merging' && ++done >= most) cut.abort();
      },
      async save(saved: MergePart[], reached: MergeJournal) {
        parts.push(...saved);
        journal = reached;
      },
    };
    const run = {
      ...{ recipe, checkpoints: inputs, plan, record: { chunkElements } },
      ...{ found: { stored: [] }, control: { signal: cut.signal } },
    };
    if (!crewed) return runMerge(plan, host, journal);
    return withCrew(
      run,
      { kind: 'cpu' },
      (crew) => runMerge(plan, { ...host, crew: crew! }, journal),
      0,
    );
  };
  if (cutAfter < Infinity)
    await expect(attempt(cutAfter)).rejects.toMatchObject({ kind: 'Cancelled' });
  await attempt(Infinity);
  return { parts, journal };
}

const models = 'models: [{ model: a }, { model: b }, { model: c }]';

test.each([
  ['equal-steps', 'ties', 'scope: all\nparameters: { density: 0.2 }'],
  ['bf16', 'localize_and_stitch', 'scope: all\nparameters: { density: 0.1 }'],
  ['bf16', 'dare_ties', 'scope: all\nparameters: { density: 0.5 }'],
  ['bf16', 'della', 'scope: all\nparameters: { density: 0.5, epsilon: 0.1 }'],
  ['bf16', 'model_stock', 'scope: all'],
  ['bf16', 'pcb_merging', 'scope: all'],
  ['mergekit', 'ties', 'dtype: float32\nparameters: { density: 0.3, weight: 0.5 }'],
  [
    'mergekit',
    'breadcrumbs',
    'dtype: float32\nparameters: { density: 0.5, gamma: 0.1, weight: 0.5 }',
  ],
])('a crew makes of %s by %s what one thread makes', async (set, method, more) => {
  const text = `merge_method: ${method}\nbase_model: base\n${models}\n${more}`;
  const alone = await merged(set, text, false);
  const together = await merged(set, text, true);
  expect(alone.parts.length).toBeGreaterThan(10);
  expect(together.parts).toEqual(alone.parts);
  const found = ({ thresholds, nonFinite, weights, pairs, bytesRead }: MergeJournal) =>
    ({ thresholds, nonFinite, weights, pairs, bytesRead }) as const;
  expect(found(together.journal)).toEqual(found(alone.journal));
});

test('a crew goes on where it was cut off among tied weights', async () => {
  const text = `merge_method: ties\nbase_model: base\n${models}\nscope: all\nparameters: { density: 0.2 }`;
  const whole = await merged('equal-steps', text, false);
  const cut = await merged('equal-steps', text, true, 5);
  expect(cut.parts).toEqual(whole.parts);
  const thresholds = whole.journal.thresholds!;
  // Not all of the tied ones are taken, so that their order counts.
  expect(thresholds.some(({ ties, equal }) => ties > 0 && ties < equal!)).toBe(true);
});

test('a worker of a crew that ends by itself ends the merge, and says so', async () => {
  const text = 'merge_method: ties\nbase_model: base\nmodels: [{model: a}]\n';
  await withDyingWorkers(() =>
    expect(merged('bf16', text, true)).rejects.toMatchObject({ kind: 'WorkerLost' }),
  );
});
