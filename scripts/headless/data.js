import { statSync } from 'node:fs';
import { isAbsolute, join, normalize, posix, sep } from 'node:path';
import { holdFiles } from './appPage.js';
import { filesAt } from './modelFiles.js';
import { progressLine } from './progressLine.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').Recipe} Recipe */

/**
 * Puts the data that a recipe names into the library, under the paths by which it names them.
 * @param {Page} page
 * @param {Recipe} recipe
 * @param {string} models
 */
export async function addData(page, recipe, models) {
  const named = recipe.models.flatMap(({ data }) => [data?.train, data?.test, data?.head]);
  const names = new Set(named.filter((name) => name !== undefined));
  for (const name of names) {
    const files = dataAt(name, models);
    progressLine.say(`Reading ${join(models, name)}`);
    const input = await holdFiles(page, files);
    const paths = files.map(({ path }) => path);
    const problem = await input.evaluate(
      async (element, { name, paths }) => {
        const { files } = /** @type {HTMLInputElement} */ (element);
        const sources = [...(files ?? [])].map((file, i) => ({ path: paths[i] ?? '', file }));
        try {
          await window.stitchwork?.engine.addData(name, sources);
          return null;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        } finally {
          element.remove();
        }
      },
      { name, paths },
    );
    if (problem !== null) throw new Refusal(problem);
  }
}

/**
 * The file at a path below the folder of models, or all files of the folder there, by paths that begin with this one.
 * @param {string} name
 * @param {string} models
 */
function dataAt(name, models) {
  const path = join(models, name);
  if (isAbsolute(name) || normalize(name).split(sep).includes('..'))
    throw new Refusal(`"${name}" in the recipe is no path below ${models}.`);
  if (!statSync(path, { throwIfNoEntry: false }))
    throw new Refusal(`There is neither a file nor a folder ${path}.`);
  const folder = posix.dirname(posix.normalize(name.split(sep).join('/')));
  const files = filesAt(path).map((each) => ({ ...each, path: posix.join(folder, each.path) }));
  if (files.length === 0) throw new Refusal(`The folder ${path} is empty.`);
  return files;
}
