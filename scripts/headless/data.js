import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize, posix, sep } from 'node:path';
import { holdFiles } from './appPage.js';
import { filesAt } from './modelFiles.js';
import { progressLine } from './progressLine.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').Recipe} Recipe */

/**
 * Puts the data that a recipe names into the library, under the paths by which it names them: of an archive or a folder with
 * several splits, all.
 * @param {Page} page
 * @param {Recipe} recipe
 * @param {string} models
 */
export async function addData(page, recipe, models) {
  const named = [...recipe.models, ...(recipe.general ?? [])].flatMap(({ data }) => [
    ...[data?.train, data?.test, data?.demonstrations?.from, data?.head],
  ]);
  /** @type {Set<string>} */
  const added = new Set();
  for (const name of new Set(named.filter((name) => name !== undefined))) {
    if (added.has(name)) continue;
    const at = dataAt(name, models);
    const [path = ''] = at.paths;
    progressLine.say(`Reading ${join(models, path)}`);
    const files = at.paths.flatMap((each) => filesBelow(each, models));
    const told = await store(page, at.name, files);
    for (const note of told.notes) progressLine.say(note);
    for (const each of told.added) added.add(each);
    if (!added.has(name))
      throw new Refusal(
        `${join(models, path)} holds no data named ${name}, only ${told.added.join(', ')}. Name one of these.`,
      );
  }
}

/**
 * @param {Page} page
 * @param {string} name
 * @param {import('./modelFiles.js').FileToPut[]} files
 * @returns {Promise<{ added: string[], notes: string[] }>}
 */
async function store(page, name, files) {
  const input = await holdFiles(page, files);
  const paths = files.map(({ path }) => path);
  const answer = await input.evaluate(
    async (element, { name, paths }) => {
      const { files } = /** @type {HTMLInputElement} */ (element);
      const sources = [...(files ?? [])].map((file, i) => ({ path: paths[i] ?? '', file }));
      try {
        const { added = [], notes = [] } =
          (await window.stitchwork?.engine.addData(name, sources)) ?? {};
        return { added: added.map(({ name }) => name), notes };
      } catch (error) {
        return { problem: error instanceof Error ? error.message : String(error) };
      } finally {
        element.remove();
      }
    },
    { name, paths },
  );
  if ('problem' in answer) throw new Refusal(answer.problem);
  return answer;
}

const archiveEndings = ['.tar.gz', '.tgz', '.tar', '.zip'];

/**
 * Where data lie below the folder of models, and the name under which they are added: by the path that a recipe names, or, where that is a split, by
 * the folder or archive that holds it.
 * @param {string} name
 * @param {string} models
 */
function dataAt(name, models) {
  if (isAbsolute(name) || normalize(name).split(sep).includes('..'))
    throw new Refusal(`"${name}" in the recipe is no path below ${models}.`);
  const parts = posix.normalize(name.split(sep).join('/')).split('/');
  for (let count = parts.length; count > 0; count--) {
    const own = parts.slice(0, count).join('/');
    // A split has a name without an ending; a folder's file would lie where the recipe says.
    const folder = posix.extname(name) === '' ? [''] : [];
    const endings = count === parts.length ? [''] : [...folder, ...archiveEndings];
    const path = endings.map((ending) => own + ending).find((each) => isThere(join(models, each)));
    if (path !== undefined) return { name: count === parts.length ? name : own, paths: [path] };
    const counted = count === parts.length ? partsOf(own, models) : [];
    if (counted.length > 0) return { name, paths: counted };
  }
  throw new Refusal(`There is neither a file nor a folder ${join(models, name)}.`);
}

/** @param {string} path */
const isThere = (path) => statSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * A file, or all files of a folder, by paths that begin with that below the folder of models.
 * @param {string} path
 * @param {string} models
 */
function filesBelow(path, models) {
  const files = filesAt(join(models, path)).map((each) => ({
    ...each,
    path: posix.join(posix.dirname(path), each.path),
  }));
  if (files.length > 0) return files;
  throw new Refusal(`The folder ${join(models, path)} is empty.`);
}

/**
 * The files of a data set that are named after it and counted, beside it or in data/: train-00000-of-00002.parquet of train.
 * @param {string} path
 * @param {string} models
 */
function partsOf(path, models) {
  const start = `${posix.basename(path)}-`;
  const beside = posix.dirname(path);
  return [beside, posix.join(beside, 'data')].flatMap((folder) => {
    const at = join(models, folder);
    if (!statSync(at, { throwIfNoEntry: false })?.isDirectory()) return [];
    return readdirSync(at)
      .filter((file) => file.startsWith(start) && /^\d{4,6}-of-/.test(file.slice(start.length)))
      .map((file) => posix.join(folder, file));
  });
}
