import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { call, put, save, saveLora } from './appPage.js';
import { openBuiltApp } from './builtApp.js';
import { addData } from './data.js';
import { watchMemory } from './memory.js';
import { findModel, noModel } from './modelFiles.js';
import { requireTests, writePredictions } from './predictions.js';
import { progressLine } from './progressLine.js';
import { Refusal } from './refusal.js';
import { reportOf, runSweep, tablesOf } from './sweep.js';
import { temporaryFolder } from './temporaryFolder.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../../src/api/checkpoints.ts').InspectResult} InspectResult */

const shardBytes = 5e9;

/** @param {string} reference */
const lastPart = (reference) => reference.split(/[\\/]+/).findLast((part) => part !== '') ?? '';

/**
 * Opens the recipe's checkpoints in the page and checks that they fit; the keys of their candidates, the base first, and what is to be
 * told of them.
 * @param {Page} page
 * @param {Recipe} recipe
 * @param {string} models
 */
async function openModels(page, recipe, models) {
  const references = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const parted = references.map((reference) => piecesOf(models, reference));
  /** @type {Map<string, { reference: string, path: string }>} */
  const opened = new Map();
  /** @type {Map<string, string>} */
  const names = new Map();
  /** @type {InspectResult} */
  let found = { candidates: [], problems: [], recipes: [] };
  const open = async (/** @type {string} */ reference) => {
    if (names.has(reference)) return;
    const paths = findModel(models, reference) ?? [];
    const [path = ''] = paths;
    const other = opened.get(basename(path));
    if (other && other.path !== path)
      throw new Refusal(
        `"${other.reference}" and "${reference}" end alike. Give one another name in ${models}, and in the recipe.`,
      );
    const before = new Set(found.candidates.map(({ name }) => name));
    if (!other) {
      opened.set(basename(path), { reference, path });
      progressLine.say(`Opening ${path}`);
      found = await put(page, ...paths);
      if (found.problems.length > 0)
        throw new Refusal(found.problems.map(({ message }) => message).join('\n'));
    }
    const called = found.candidates.map(({ name }) => name);
    const name = [reference, lastPart(reference)].find((each) => called.includes(each));
    if (name === undefined) {
      const others = called.filter((each) => !before.has(each)).join(', ');
      const instead = others && `, but ${others}`;
      throw new Refusal(`${path} holds no checkpoint named "${reference}"${instead}.`);
    }
    names.set(reference, name);
  };
  for (const reference of parted.flat()) await open(reference);
  // Without a base of the recipe's own an adapter lies on the one that its configuration names.
  const [alone, ...more] = parted[0] ?? [];
  const own = found.candidates.find(({ name }) => name === names.get(alone ?? ''))?.adapter?.base;
  const under = own && more.length === 0 && findModel(models, own) ? own : null;
  if (under !== null) await open(under);
  const used = new Set(names.values());
  const candidates = found.candidates.filter(({ name }) => used.has(name));
  const keyOf = (/** @type {string} */ reference) =>
    candidates.find(({ name }) => name === names.get(reference))?.key ?? '';
  const [base, ...others] = parted.map((pieces) => pieces.map(keyOf).join('+'));
  const preflight = await call(page, 'preflight', base, others, recipe);
  const refusals = preflight.models.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0) throw new Refusal(refusals.join('\n'));
  return {
    keys: [...new Set([...(under === null ? [] : [under]), ...parted.flat()].map(keyOf))],
    notes: candidates.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`)),
    outputBytes: preflight.bytes.output,
  };
}

/**
 * What a recipe names: a checkpoint, or one and the adapters on it. Throws a Refusal where one is not there.
 * @param {string} models
 * @param {string} reference
 * @returns {string[]}
 */
function piecesOf(models, reference) {
  if (findModel(models, reference)) return [reference];
  const at = reference.lastIndexOf('+');
  if (at > 0)
    return [
      ...piecesOf(models, reference.slice(0, at)),
      ...piecesOf(models, reference.slice(at + 1)),
    ];
  throw new Refusal(noModel(models, reference));
}

const seconds = (/** @type {number} */ since) => (performance.now() - since) / 1000;

/**
 * Merges as the recipe says, or measures those that it stands for and prints their tables, and returns what the last line of the output reports.
 * @param {string} recipePath
 * @param {string} models
 * @param {string} out
 * @param {string} [predictions] file for what the merged model puts out on test data
 * @param {import('../../src/api/outputs.ts').LoraOptions | null} [lora] what the merge changed is saved as an adapter, too
 */
export async function merge(recipePath, models, out, predictions, lora = null) {
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
    const { keys, notes, outputBytes } = await openModels(page, recipe, models);

    const ingestStarted = performance.now();
    for (const [i, key] of keys.entries()) {
      const id = await call(page, 'ingest', 'headless', key);
      if (i === 0) await call(page, 'setBase', id);
    }
    const ingest = seconds(ingestStarted);
    await addData(page, recipe, models);
    if (variants.length > 0) {
      const sweep = await runSweep(page, variants);
      const failed = sweep.flatMap((run) => ('error' in run ? [run.error] : []));
      if (failed.length === sweep.length) throw new Refusal([...new Set(failed)].join('\n'));
      const tables = await tablesOf(page, recipe.tables ?? ['scores', 'general'], sweep);
      if (tables) console.log(tables);
      writeFileSync(join(out, 'tables.md'), tables);
      const report = { sweep: sweep.map(reportOf), peakMemoryBytes: await memory.stop() };
      writeFileSync(join(out, 'sweep.json'), `${JSON.stringify(report, null, 2)}\n`);
      return report;
    }
    const result = await call(page, 'run', 'headless', recipe);
    progressLine.say(`Saving to ${out}`);
    const saveStarted = performance.now();
    const layout = outputBytes > shardBytes ? 'shards' : 'one';
    const outputs = await save(page, result.id, { layout, shardBytes }, out);
    const adapter = lora && (await saveLora(page, result.id, lora, join(out, 'lora')));
    if (predictions !== undefined) await writePredictions(page, result, predictions);
    const told = [...notes, ...result.remarks.map(({ text }) => text)];
    for (const text of told) progressLine.say(text);
    return {
      method: result.method,
      outputs,
      ...(adapter && { lora: adapter }),
      seconds: { ingest, ...result.seconds, save: seconds(saveStarted) },
      bytes: { read: result.bytesRead, written: result.bytesWritten },
      parameters: result.parameters,
      scores: result.scores,
      localized: result.localized,
      density: Object.fromEntries(result.models.map((name, i) => [name, result.density[i]])),
      adapter: result.adapter,
      notes: told,
      peakMemoryBytes: await memory.stop(),
    };
  } finally {
    await app.close();
    arriving.remove();
  }
}
