import { renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/automation.ts').Automation} Automation */
/** @typedef {import('../../src/api/engine.ts').EngineApi} EngineApi */
/** @typedef {import('../../src/api/checkpoints.ts').InspectResult} InspectResult */
/** @typedef {import('../../src/api/outputs.ts').SaveOptions} SaveOptions */

/** An error whose message is for the user: no stack is printed. */
export class Refusal extends Error {}

/** @typedef {Pick<Automation, 'readRecipe'> & Omit<EngineApi, 'lab'>} Calls */

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
        const method = Reflect.get(name === 'readRecipe' ? page : page.engine, name);
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
 * Puts one folder or file into the page, as a user would, and returns all that lies on its table then.
 * @param {Page} page
 * @param {string} path
 * @returns {Promise<InspectResult>}
 */
export async function put(page, path) {
  const isFolder = statSync(path).isDirectory();
  await page.locator(isFolder ? '#open-folder' : '#open-files').setInputFiles(path);
  const found = await page.evaluate(() => window.stitchwork?.opened());
  return found ?? { candidates: [], problems: [], recipes: [] };
}

/**
 * Has the page download the outputs of a run and moves them into `out` as they arrive; returns their paths.
 * @param {Page} page
 * @param {string} runId
 * @param {SaveOptions} options
 * @param {string} out
 */
export async function save(page, runId, options, out) {
  /** @type {Promise<void>[]} */
  const arriving = [];
  const pathOf = (/** @type {string} */ name) => join(out, basename(name));
  page.on('download', (download) => {
    const path = pathOf(download.suggestedFilename());
    arriving.push(download.path().then((from) => renameSync(from, path)));
  });
  const names = await page.evaluate(
    ({ runId, options }) => window.stitchwork?.download(runId, options),
    { runId, options },
  );
  if (!names) throw new Error('The page has no automation handle.');
  while (arriving.length < names.length) await page.waitForEvent('download');
  await Promise.all(arriving);
  return names.map(pathOf);
}
