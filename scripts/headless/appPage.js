import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesAt } from './modelFiles.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/automation.ts').Automation} Automation */
/** @typedef {import('../../src/api/engine.ts').EngineApi} EngineApi */
/** @typedef {import('../../src/api/checkpoints.ts').InspectResult} InspectResult */
/** @typedef {import('../../src/api/outputs.ts').SaveOptions} SaveOptions */
/** @typedef {import('../../src/api/outputs.ts').LoraOptions} LoraOptions */
/** @typedef {import('../../src/api/preflight.ts').Preflight} Preflight */
/** @typedef {import('./modelFiles.js').FileToPut} FileToPut */

/** @typedef {Pick<Automation, 'readRecipe' | 'tables'> & Omit<EngineApi, 'lab'>} Calls */

/**
 * Calls the page, or the worker through it, which passes progress on; an error of the app comes out as a Refusal.
 * @template {keyof Calls} Name
 * @param {Page} page
 * @param {Name} name
 * @param {...unknown} args
 * @returns {Promise<Awaited<ReturnType<Calls[Name]>>>}
 */
export async function call(page, name, ...args) {
  const outcome = await page.evaluate(
    async ({ name, args }) => {
      const page = /** @type {import('../../src/automation.ts').Automation} */ (window.stitchwork);
      const withProgress = ['ingest', 'run', 'predictions'].includes(name);
      const report = Reflect.get(window, 'reportProgress');
      try {
        /** @type {(...args: unknown[]) => Promise<unknown>} */
        const method = Reflect.get(Reflect.has(page, name) ? page : page.engine, name);
        return { value: await method(...args, ...(withProgress ? [report] : [])) };
      } catch (error) {
        return { message: error instanceof Error ? error.message : String(error) };
      }
    },
    { name, args },
  );
  if (outcome.message !== undefined) throw new Refusal(outcome.message);
  return /** @type {Awaited<ReturnType<Calls[Name]>>} */ (outcome.value);
}

/**
 * An input of the page that holds these files; whoever asked for it removes it.
 * @param {Page} page
 * @param {readonly FileToPut[]} files
 */
export async function holdFiles(page, files) {
  await page.evaluate(() => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true, id: 'headless-files', hidden: true });
    document.body.append(input);
  });
  const input = page.locator('#headless-files');
  await input.setInputFiles(files.map(({ file }) => file));
  return input;
}

/**
 * Puts folders or files into the page, as a user would, and returns all that lies on its table then.
 * @param {Page} page
 * @param {...string} at
 * @returns {Promise<InspectResult & { fit: Preflight | null }>}
 */
export async function put(page, ...at) {
  const files = at.flatMap(filesAt);
  const input = await holdFiles(page, files);
  const found = await input.evaluate(
    async (element, paths) => {
      const { files } = /** @type {HTMLInputElement} */ (element);
      element.remove();
      return window.stitchwork?.open(
        [...(files ?? [])].map((file, i) => ({ path: paths[i] ?? '', file })),
      );
    },
    files.map(({ path }) => path),
  );
  return found ?? { candidates: [], problems: [], recipes: [], fit: null };
}

/**
 * Has the page download the outputs of a run one by one and moves them into `out`, those of parts into folders there; returns their
 * paths.
 * @param {Page} page
 * @param {string} runId
 * @param {SaveOptions} options
 * @param {string} out
 */
export async function save(page, runId, options, out) {
  const names = await page.evaluate(
    ({ runId, options }) => window.stitchwork?.outputs(runId, options),
    { runId, options },
  );
  return saveNamed(page, names, out);
}

/**
 * The same of what a run changed, as a LoRA adapter; with its rank and what it leaves.
 * @param {Page} page
 * @param {string} runId
 * @param {LoraOptions} options
 * @param {string} out
 */
export async function saveLora(page, runId, options, out) {
  const found = await page.evaluate(
    ({ runId, options }) =>
      window.stitchwork?.lora(runId, options).catch((error) => String(error.message)),
    { runId, options },
  );
  if (typeof found === 'string') throw new Refusal(found);
  const { names = undefined, ...made } = found ?? {};
  return { ...made, outputs: await saveNamed(page, names, out) };
}

/**
 * Moves downloads of what the page has ready into `out`.
 * @param {Page} page
 * @param {string[] | undefined} names
 * @param {string} out
 */
async function saveNamed(page, names, out) {
  if (!names) throw new Error('The page has no automation handle.');
  const paths = names.map((name) => join(out, ...name.split('/')));
  for (const [i, path] of paths.entries()) {
    if (relative(out, path).startsWith('..')) throw new Error(`An output is called ${path}.`);
    mkdirSync(dirname(path), { recursive: true });
    const arriving = page.waitForEvent('download');
    await page.evaluate((i) => window.stitchwork?.download(i), i);
    renameSync(await (await arriving).path(), path);
    // Chromium drops the eleventh download of a second.
    if (paths.length > 10) await page.waitForTimeout(150);
  }
  return paths;
}
