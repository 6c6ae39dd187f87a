import { call } from './appPage.js';
import { markdownTable } from './markdownTable.js';
import { progressLine } from './progressLine.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').TableName} TableName */
/** @typedef {import('../../src/recipe/sweep.ts').SweptRecipe} SweptRecipe */
/** @typedef {import('../../src/api/results.ts').RunResult} RunResult */
/** @typedef {SweptRecipe & ({ result: RunResult } | { error: string })} Measured */

/**
 * Runs every recipe that a recipe stands for, one after another, with what each came to; no weights are kept. One that fails
 * has its error in place of a result.
 * @param {Page} page
 * @param {SweptRecipe[]} variants
 */
export async function runSweep(page, variants) {
  /** @type {Measured[]} */
  const runs = [];
  for (const [i, variant] of variants.entries()) {
    progressLine.say(`Recipe ${i + 1} of ${variants.length}: ${variant.name}`);
    runs.push({ ...variant, ...(await measure(page, variant)) });
  }
  return runs;
}

/**
 * @param {Page} page
 * @param {SweptRecipe} variant
 */
async function measure(page, { name, recipe }) {
  try {
    const result = await call(page, 'run', 'headless', recipe);
    await call(page, 'removeRun', result.id);
    return { result };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    progressLine.say(`${name}: ${error.message}`);
    return { error: error.message };
  }
}

/**
 * What is reported of a recipe that was measured.
 * @param {Measured} run
 */
export function reportOf({ name, values, ...run }) {
  if ('error' in run) return { name, values, error: run.error };
  const { scores, general, parameters, density, models, seconds, localized, remarks } = run.result;
  const shares = Object.fromEntries(models.map((name, m) => [name, density[m]]));
  const notes = remarks.map(({ text }) => text);
  return {
    ...{ name, values, scores, ...(general && { general }), parameters },
    ...{ density: shares, seconds, localized, notes },
  };
}

/**
 * The tables of recipes that were measured as Markdown, with what failed below them.
 * @param {Page} page
 * @param {readonly TableName[]} names
 * @param {readonly Measured[]} runs
 */
export async function tablesOf(page, names, runs) {
  const measured = runs.flatMap((run) => ('result' in run ? [run] : []));
  const tables = await call(page, 'tables', names, measured);
  const failed = runs.flatMap((run) => ('error' in run ? [`- ${run.name}: ${run.error}`] : []));
  return [
    ...tables.map(({ title, columns, rows }) => `## ${title}\n\n${markdownTable(columns, rows)}`),
    ...(failed.length > 0 ? [`## Not measured\n\n${failed.join('\n')}\n`] : []),
  ].join('\n');
}
