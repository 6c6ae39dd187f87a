import { call } from './appPage.js';
import { progressLine } from './progressLine.js';
import { Refusal } from './refusal.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../../src/recipe/sweep.ts').SweptRecipe} SweptRecipe */

/**
 * Runs every recipe of a sweep, one after another, and returns what each came to; no weights are kept. One that fails
 * has its error in place of scores.
 * @param {Page} page
 * @param {SweptRecipe[]} variants
 */
export async function runSweep(page, variants) {
  const runs = [];
  for (const [i, { values, recipe }] of variants.entries()) {
    progressLine.say(`Recipe ${i + 1} of ${variants.length}: ${JSON.stringify(values)}`);
    runs.push({ values, ...(await measure(page, recipe)) });
  }
  return runs;
}

/**
 * @param {Page} page
 * @param {Recipe} recipe
 */
async function measure(page, recipe) {
  try {
    const result = await call(page, 'run', 'headless', recipe);
    await call(page, 'removeRun', result.id);
    const { scores, parameters, density, models, seconds, localized } = result;
    const shares = Object.fromEntries(models.map((name, m) => [name, density[m]]));
    return { scores, parameters, density: shares, seconds, localized };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { error: error.message };
  }
}
