import { basename } from 'node:path';
import { call, put } from './appPage.js';
import { openBuiltApp } from './builtApp.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/api/checkpoints.ts').Candidate} Candidate */
/** @typedef {import('../../src/api/preflight.ts').Preflight} Preflight */

/**
 * What one path holds: its checkpoints with every tensor, its problems and, where it holds several, how they fit the base among them.
 * @param {Page} page
 * @param {string} path
 */
async function inspectOne(page, path) {
  await reload(page);
  const { candidates, problems, fit } = await putOrRefuse(page, path);
  const checkpoints = [];
  for (const { key, name, architecture, parameters, dtypes, bytes, notes } of candidates) {
    const { tensors, remarks } = await call(page, 'preflight', key, []);
    checkpoints.push({
      ...{ name, architecture, parameters, dtypes, bytes, notes, remarks },
      tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    });
  }
  if (checkpoints.length === 0 && problems.length === 0)
    return { path, checkpoints, problems: [{ path, message: 'There is no checkpoint in it.' }] };
  return { path, checkpoints, problems, ...(candidates.length > 1 && { fit }) };
}

/**
 * What lies on the page's table with a path; one that cannot be read is a problem.
 * @param {Page} page
 * @param {string} path
 * @returns {Promise<Omit<Awaited<ReturnType<typeof put>>, 'problems'> & { problems: { path: string, message: string }[] }>}
 */
async function putOrRefuse(page, path) {
  try {
    return await put(page, path);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const problems = [{ path, message: error.message }];
    return { candidates: [], problems, recipes: [], fit: null };
  }
}

/**
 * How the checkpoints of several paths fit the first path's.
 * @param {Page} page
 * @param {string[]} paths
 * @returns {Promise<Preflight | { problem: string }>}
 */
async function inspectFit(page, paths) {
  const names = paths.map((path) => basename(path));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice)
    return {
      problem: `Two paths end in "${twice}"; only paths of different names can be compared.`,
    };
  await reload(page);
  let base = '';
  /** @type {Candidate[]} */
  let candidates = [];
  for (const path of paths) {
    ({ candidates } = await put(page, path));
    base ||= candidates[0]?.name ?? '';
  }
  const isBase = (/** @type {Candidate} */ { name }) => name === base;
  const [key, ...others] = [
    ...candidates.filter(isBase),
    ...candidates.filter((each) => !isBase(each)),
  ].map((each) => each.key);
  try {
    return await call(page, 'preflight', key, others);
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.message };
    throw error;
  }
}

/** @param {Page} page */
async function reload(page) {
  await page.reload();
  await page.waitForFunction(() => window.stitchwork !== undefined);
}

/**
 * What each path holds and, for several valid ones, how they fit the first; `valid` is false when one is not.
 * @param {string[]} paths
 */
export async function inspect(paths) {
  const app = await openBuiltApp();
  try {
    const files = [];
    for (const path of paths) files.push(await inspectOne(app.page, path));
    const valid = files.every(
      ({ problems, checkpoints }) => !problems.length && checkpoints.length,
    );
    const fit = valid && paths.length > 1 ? await inspectFit(app.page, paths) : null;
    return { valid, report: { files, fit } };
  } finally {
    await app.close();
  }
}
