import { closeSync, openSync, writeSync } from 'node:fs';
import { call } from './appPage.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../../src/api/results.ts').RunResult} RunResult */

/**
 * Refuses a recipe with a model that has no test data.
 * @param {Recipe} recipe
 */
export function requireTests({ models }) {
  const without = models.find(({ data }) => data?.test === undefined);
  if (!without) return;
  throw new Refusal(
    `--predictions needs test data, and "${without.model}" has none in the recipe. Give it data: {test: …}, or leave the option out.`,
  );
}

/**
 * Writes what the merged model puts out on the test data of every task: a JSON list of an object for each, `values` by row.
 * @param {Page} page
 * @param {RunResult} result
 * @param {string} path
 */
export async function writePredictions(page, { id, models }, path) {
  const file = openSync(path, 'w');
  try {
    for (const task of models.keys()) {
      const of = { task, model: 'merged' };
      const told = await call(page, 'predictions', 'headless', id, of);
      const [rows, width] = told.shape;
      const values = Array.from({ length: rows }, (_, row) =>
        Array.from(told.values.subarray(row * width, (row + 1) * width)),
      );
      writeSync(file, `${task === 0 ? '[' : ',\n'}${JSON.stringify({ ...told, values })}`);
    }
    writeSync(file, ']\n');
  } finally {
    closeSync(file);
  }
}
