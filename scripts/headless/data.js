import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import { Refusal } from './appPage.js';
import { progressLine } from './progressLine.js';

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
    const files = filesAt(name, models);
    progressLine.say(`Reading ${join(models, name)}`);
    await page.evaluate(() => {
      const input = document.createElement('input');
      Object.assign(input, { type: 'file', multiple: true, id: 'headless-data', hidden: true });
      document.body.append(input);
    });
    const input = page.locator('#headless-data');
    await input.setInputFiles(files);
    const paths = files.map((path) => relative(models, path).split(sep).join('/'));
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
 * The file at a path below the folder of models, or all files of the folder there.
 * @param {string} name
 * @param {string} models
 */
function filesAt(name, models) {
  const path = join(models, name);
  if (isAbsolute(name) || normalize(name).split(sep).includes('..'))
    throw new Refusal(`"${name}" in the recipe is no path below ${models}.`);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return [path];
  if (!found?.isDirectory()) throw new Refusal(`There is neither a file nor a folder ${path}.`);
  const inside = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = inside
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) throw new Refusal(`The folder ${path} is empty.`);
  return files.sort();
}
