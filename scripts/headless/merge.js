import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, put, Refusal, save } from './appPage.js';
import { openBuiltApp } from './builtApp.js';
import { addData } from './data.js';
import { watchMemory } from './memory.js';
import { requireTests, writePredictions } from './predictions.js';
import { progressLine } from './progressLine.js';
import { runSweep } from './sweep.js';
import { temporaryFolder } from './temporaryFolder.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../../src/api/checkpoints.ts').InspectResult} InspectResult */

const shardBytes = 5e9;

/** @param {{ path: string, message: string }[]} problems */
function listProblems(problems) {
  return problems.map(({ path, message }) => `${path}: ${message}`).join('\n');
}

/**
 * Path of a checkpoint below the folder of models: DIR/name/ or DIR/name.safetensors.
 * @param {string} models
 * @param {string} name
 */
function findModel(models, name) {
  if (/[/\\]|^\.\.?$/.test(name))
    throw new Refusal(`"${name}" in the recipe is no plain name of a folder or file in ${models}.`);
  const folder = join(models, name);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  const file = `${folder}.safetensors`;
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  throw new Refusal(`There is neither a folder ${folder} nor a file ${file}.`);
}

/**
 * Opens the recipe's checkpoints in the page and checks that they fit; their candidate keys by name, the base first.
 * @param {Page} page
 * @param {Recipe} recipe
 * @param {string} models
 */
async function openModels(page, recipe, models) {
  const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const paths = names.map((name) => findModel(models, name));
  /** @type {InspectResult} */
  let found = { candidates: [], problems: [], recipes: [] };
  for (const path of paths) {
    progressLine.say(`Opening ${path}`);
    found = await put(page, path);
  }
  if (found.problems.length > 0) throw new Refusal(listProblems(found.problems));
  const keys = names.map((name) => {
    const candidate = found.candidates.find((each) => each.name === name);
    if (!candidate) throw new Refusal(`${join(models, name)} holds no checkpoint named "${name}".`);
    return candidate.key;
  });
  const preflight = await call(page, 'preflight', keys[0], keys.slice(1), recipe);
  const refusals = preflight.models.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0) throw new Refusal(refusals.join('\n'));
  return { keys, outputBytes: preflight.bytes.output };
}

const seconds = (/** @type {number} */ since) => (performance.now() - since) / 1000;

/**
 * Merges as the recipe says, or measures its sweep, and returns what the last line of the output reports.
 * @param {string} recipePath
 * @param {string} models
 * @param {string} out
 * @param {string} [predictions] file for what the merged model puts out on test data
 */
export async function merge(recipePath, models, out, predictions) {
  const text = readFileSync(recipePath, 'utf8');
  mkdirSync(out, { recursive: true });
  const arriving = temporaryFolder(out, '.arriving-');
  const app = await openBuiltApp({ downloadsPath: arriving.path });
  try {
    const { page, context } = app;
    await page.exposeFunction('reportProgress', progressLine.show);
    const memory = await watchMemory(context);
    const { recipe, variants } = await call(page, 'readRecipe', text);
    if (predictions !== undefined) requireTests(recipe);
    const { keys, outputBytes } = await openModels(page, recipe, models);

    const ingestStarted = performance.now();
    for (const [i, key] of keys.entries()) {
      const id = await call(page, 'ingest', 'headless', key);
      if (i === 0) await call(page, 'setBase', id);
    }
    const ingest = seconds(ingestStarted);
    await addData(page, recipe, models);
    if (recipe.sweep) {
      const report = {
        sweep: await runSweep(page, variants),
        peakMemoryBytes: await memory.stop(),
      };
      writeFileSync(join(out, 'sweep.json'), `${JSON.stringify(report, null, 2)}\n`);
      return report;
    }
    const result = await call(page, 'run', 'headless', recipe);
    progressLine.say(`Saving to ${out}`);
    const saveStarted = performance.now();
    const layout = outputBytes > shardBytes ? 'shards' : 'one';
    const outputs = await save(page, result.id, { layout, shardBytes }, out);
    if (predictions !== undefined) await writePredictions(page, result, predictions);
    for (const { text } of result.remarks) progressLine.say(text);
    return {
      method: result.method,
      outputs,
      seconds: { ingest, ...result.seconds, save: seconds(saveStarted) },
      bytes: { read: result.bytesRead, written: result.bytesWritten },
      parameters: result.parameters,
      scores: result.scores,
      localized: result.localized,
      density: Object.fromEntries(result.models.map((name, i) => [name, result.density[i]])),
      adapter: result.adapter,
      notes: result.remarks.map(({ text }) => text),
      peakMemoryBytes: await memory.stop(),
    };
  } finally {
    await app.close();
    arriving.remove();
  }
}
