import { join } from 'node:path';
import { call, put } from '../scripts/headless/appPage.js';
import { openBuiltApp } from '../scripts/headless/builtApp.js';
import { addData } from '../scripts/headless/data.js';
import { watchMemory } from '../scripts/headless/memory.js';
import { watchGpu } from './gpuTime.js';
import { copySeconds } from './storageFloor.js';

/** @typedef {import('../src/recipe/recipe.ts').Recipe} Recipe */
/**
 * One merge through the built app. `storageSeconds`: reading the inputs from IndexedDB and writing as many bytes as the
 * output has, once, by plain code in the same worker. `peakBytes`: renderer and GPU process above idle.
 * @typedef {{ method: string, seconds: number, localizeSeconds: number, gpuSeconds: number, storageSeconds: number,
 *   bytesRead: number, bytesWritten: number, peakBytes: number, changed: number }} MergeFigures
 */

const MiB = 2 ** 20;

/** The recipe of a method over base and tasks, each parameter at its default. */
export function recipeOf(/** @type {string} */ method, /** @type {string[]} */ names) {
  const [base = '', ...models] = names;
  /** @type {Recipe} */
  const recipe = {
    merge_method: method,
    base_model: base,
    models: models.map((model) => ({ model })),
    dtype: 'float32',
    out_dtype: 'base',
  };
  return recipe;
}

/**
 * Copies the checkpoints of `folder` (the first name is the base) and the data of the recipes into a fresh built app, merges
 * by each recipe in turn, and deletes each result.
 * @param {{ folder: string, names: string[], recipes: Recipe[] }} plan
 */
export async function measureMerges({ folder, names, recipes }) {
  const app = await openBuiltApp();
  try {
    const { page, context } = app;
    await page.exposeFunction('reportProgress', () => undefined);
    const { adapter } = await call(page, 'status');
    const copying = await watchMemory(context);
    for (const name of names) await put(page, join(folder, name));
    const { candidates } = await put(page, join(folder, names[0] ?? ''));
    const started = performance.now();
    const ids = [];
    for (const { key } of candidates) ids.push(await call(page, 'ingest', 'bench', key));
    const ingestSeconds = (performance.now() - started) / 1000;
    for (const id of ids) await call(page, 'identify', id);
    const ingestPeakBytes = (await copying.stop()) - copying.idleBytes;
    for (const recipe of recipes) await addData(page, recipe, folder);

    const [worker] = page.workers();
    if (!worker) throw new Error('The page has no worker.');
    const gpu = await watchGpu(worker);
    /** @type {Omit<MergeFigures, 'storageSeconds'>[]} */
    const merges = [];
    for (const recipe of recipes) {
      const memory = await watchMemory(context);
      await gpu.reset();
      const begun = performance.now();
      const result = await call(page, 'run', 'bench', recipe);
      const seconds = (performance.now() - begun) / 1000;
      merges.push({
        method: recipe.merge_method,
        ...{ seconds, localizeSeconds: result.seconds.localize },
        gpuSeconds: await gpu.seconds(),
        ...{ bytesRead: result.bytesRead, bytesWritten: result.bytesWritten },
        peakBytes: (await memory.stop()) - copying.idleBytes,
        changed: result.parameters.changed,
      });
      await call(page, 'removeRun', result.id);
      console.error(`  ${recipe.merge_method}: ${seconds.toFixed(0)} s`);
    }
    // Last, because it leaves garbage in the worker that would count as the merges' memory.
    const storageSeconds = await copySeconds(worker, names.length, 8 * MiB);
    const browser = context.browser()?.version() ?? '';
    return {
      adapter,
      browser,
      idleBytes: copying.idleBytes,
      ingestSeconds,
      ingestPeakBytes,
      merges: merges.map((figures) => ({ ...figures, storageSeconds })),
    };
  } finally {
    await app.close();
  }
}
