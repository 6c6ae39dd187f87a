import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Refusal } from './refusal.js';

/**
 * A file to put into the page: where it lies, and the path that it has there.
 * @typedef {{ file: string, path: string }} FileToPut
 */

const endings = ['.safetensors', '.pt', '.pth', '.bin', '.ckpt'];

/**
 * The file, or the files below the folder, at a path: links are followed, hidden files left out. Throws a Refusal for a link to nothing.
 * @param {string} at
 * @returns {FileToPut[]}
 */
export function filesAt(at) {
  return walk(at, basename(at), []);
}

/**
 * @param {string} at
 * @param {string} path
 * @param {readonly string[]} above folders that it lies in
 * @returns {FileToPut[]}
 */
function walk(at, path, above) {
  const found = statSync(at, { throwIfNoEntry: false });
  if (!found) throw new Refusal(`${at} is not there, or a link to a file that is not there.`);
  const file = realpathSync(at);
  if (found.isFile()) return [{ file, path }];
  if (!found.isDirectory() || above.includes(file)) return [];
  const names = readdirSync(at).filter((name) => !name.startsWith('.'));
  return names.sort().flatMap((name) => walk(join(at, name), `${path}/${name}`, [...above, file]));
}

/**
 * Where the checkpoint lies that a recipe names: a folder, or files of one name, below the folder of models; by its path there, else, as on
 * the page, by the last part of a path or a name on the Hub. One model of several in a file has the file's name, a dot and its own.
 * @param {string} models
 * @param {string} reference
 * @returns {string[] | null} the folder, or the files; null where there is neither
 */
export function findModel(models, reference) {
  const parts = reference.split(/[\\/]+/).filter((part) => part !== '' && part !== '.');
  const last = parts.at(-1);
  if (last === undefined || parts.includes('..')) return null;
  for (const path of new Set([join(models, ...parts), join(models, last)])) {
    for (let stem = path; stem; stem = withoutEnding(stem)) {
      const found = checkpointAt(stem);
      if (found.length > 0) return found;
    }
  }
  return null;
}

/**
 * What is said where there is no model of a name.
 * @param {string} models
 * @param {string} reference
 */
export function noModel(models, reference) {
  const path = join(models, reference.replaceAll('\\', '/'));
  return `There is neither a folder ${path} nor a file ${path}${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}.`;
}

/** @param {string} path */
function checkpointAt(path) {
  const kind = (/** @type {string} */ at) => statSync(at, { throwIfNoEntry: false });
  if (kind(path)?.isDirectory()) return [path];
  return endings.map((ending) => path + ending).filter((file) => kind(file)?.isFile());
}

/** @param {string} path */
function withoutEnding(path) {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? resolve(path, '..', name.slice(0, dot)) : '';
}
