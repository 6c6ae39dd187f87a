import { join } from 'node:path';
import { call, put } from '../scripts/headless/appPage.js';
import { openBuiltApp } from '../scripts/headless/builtApp.js';
import { addData } from '../scripts/headless/data.js';
import { watchMemory } from '../scripts/headless/memory.js';
import { storageSeconds } from './storageFloor.js';

/** @typedef {import('../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../src/api/status.ts').EngineChoice} EngineChoice */
/**
 * One merge through the built app. `storageSeconds`: reading the inputs from IndexedDB and writing as many bytes as one of them
 * has, once, by plain code; the mean of just before and just after. `peakBytes`: renderer and GPU process above idle.
 * @typedef {{ method: string, seconds: number, localizeSeconds: number, storageSeconds: number, bytesRead: number,
 *   peakBytes: number }} MergeFigures
 */

/** The recipe of a method over base and tasks, each parameter at its default unless given. */
export function recipeOf(
  /** @type {string} */ method,
  /** @type {string[]} */ names,
  /** @type {Recipe['parameters']} */ parameters = {},
) {
  const [base = '', ...models] = names;
  /** @type {Recipe} */
  const recipe = {
    merge_method: method,
    base_model: base,
    models: models.map((model) => ({ model })),
    parameters,
    dtype: 'float32',
    out_dtype: 'base',
  };
  return recipe;
}

/**
 * Copies the checkpoints of `folder` (the first name is the base) and the data of the recipes into a fresh built app, merges
 * by each recipe in turn, and deletes each result. `engine`: what the merges run on, where not as the app chooses.
 * @param {{ folder: string, names: string[], recipes: Recipe[], engine?: EngineChoice }} plan
 */
export async function measureMerges({ folder, names, recipes, engine = 'automatic' }) {
  const app = await openBuiltApp();
  try {
    const { page, context } = app;
    await page.exposeFunction('reportProgress', () => undefined);
    await call(page, 'setEngine', engine);
    const { adapter } = await call(page, 'status');
    const copying = await watchMemory(context);
    for (const name of names) await put(page, join(folder, name));
    const { candidates } = await put(page, join(folder, names[0] ?? ''));
    const ids = [];
    for (const { key } of candidates) ids.push(await call(page, 'ingest', 'bench', key));
    for (const id of ids) await call(page, 'identify', id);
    const ingestPeakBytes = (await copying.stop()) - copying.idleBytes;
    for (const recipe of recipes) await addData(page, recipe, folder);

    /** @type {MergeFigures[]} */
    const merges = [];
    let before = await storageSeconds(page, names.length);
    for (const recipe of recipes) {
      const memory = await watchMemory(context);
      const begun = performance.now();
      const result = await call(page, 'run', 'bench', recipe);
      const seconds = (performance.now() - begun) / 1000;
      const peakBytes = (await memory.stop()) - copying.idleBytes;
      await call(page, 'removeRun', result.id);
      const after = await storageSeconds(page, names.length);
      const method = recipe.merge_method;
      const { bytesRead } = result;
      const localizeSeconds = result.seconds.localize;
      merges.push({
        ...{ method, seconds, localizeSeconds, bytesRead, peakBytes },
        storageSeconds: (before + after) / 2,
      });
      before = after;
      console.error(`  ${method}: ${seconds.toFixed(1)} s, storage ${after.toFixed(1)} s`);
    }
    const browser = context.browser()?.version() ?? '';
    return { adapter, browser, ingestPeakBytes, merges };
  } finally {
    await app.close();
  }
}
