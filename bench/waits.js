import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { call } from '../scripts/headless/appPage.js';
import { openBuiltApp } from '../scripts/headless/builtApp.js';
import { watchMemory } from '../scripts/headless/memory.js';
import { findTorch } from './localize.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../src/api/demo.ts').DemoName} DemoName */

const moves = 7;
const textDemo = fileURLToPath(new URL('../public/demo/text', import.meta.url));

/** What one waits for on the demos, and what it takes: a lesson's slider, scoring, and masks learned together. */
export async function benchWaits() {
  const slider = await withDemo('vision', ({ page }, recipe) =>
    page.evaluate(moveSlider, { recipe, moves }),
  );
  const scoring = await withDemo('text', async ({ page }, recipe) => {
    const { scores, seconds } = await run(page, recipe, 'dataless');
    const texts = scores.reduce((sum, { n }) => sum + n, 0);
    return { texts, textsPerSecond: texts / seconds.evaluate };
  });
  const joint = await withDemo('text', async ({ page, context }, recipe) => {
    const memory = await watchMemory(context);
    const { seconds } = await run(page, recipe, 'joint');
    return {
      seconds: seconds.localize,
      tasks: recipe.models.length,
      peakBytes: await memory.stop(),
    };
  });
  return { slider, scoring: { ...scoring, ...torchScores() }, joint };
}

/** @returns {{ peer: string, peerTextsPerSecond: number } | { peer: null }} */
function torchScores() {
  const python = findTorch();
  if (!python) return { peer: null };
  const script = fileURLToPath(new URL('torchScore.py', import.meta.url));
  const told = JSON.parse(execFileSync(python, [script, textDemo], { encoding: 'utf8' }));
  return { peer: told.peer, peerTextsPerSecond: told.textsPerSecond };
}

/**
 * @template T
 * @param {DemoName} name
 * @param {(app: Awaited<ReturnType<typeof openBuiltApp>>, recipe: Recipe) => Promise<T>} work
 */
async function withDemo(name, work) {
  const app = await openBuiltApp();
  try {
    await app.page.exposeFunction('reportProgress', () => undefined);
    const recipe = await app.page.evaluate(async (which) => {
      const folder = new URL('demo/', document.baseURI).href;
      const { engine } = /** @type {NonNullable<typeof window.stitchwork>} */ (window.stitchwork);
      return (await engine.loadDemo('bench', folder, which, () => undefined)).recipe;
    }, name);
    return await work(app, recipe);
  } finally {
    await app.close();
  }
}

/** @param {Page} page @param {Recipe} recipe @param {string} preset */
function run(page, recipe, preset) {
  const localize = { budget: /** @type {const} */ ('exact'), shots: 64, seed: 0, preset };
  return call(page, 'run', 'bench', { ...recipe, localize });
}

/**
 * In the page: seconds from another density of TIES to the first scores of all tasks, and to those of all tests: medians.
 * @param {{ recipe: Recipe, moves: number }} given
 */
async function moveSlider({ recipe, moves }) {
  const { engine } = /** @type {NonNullable<typeof window.stitchwork>} */ (window.stitchwork);
  const info = await engine.lab.open('bench', { recipe }, () => undefined);
  const tasks = info.tasks.map((_, task) => task);
  const found = [];
  for (let move = 0; move < moves; move++) {
    const model = {
      kind: /** @type {const} */ ('ties'),
      tasks,
      density: 0.1 + 0.05 * move,
      lambda: 1,
    };
    const started = performance.now();
    let first = NaN;
    await engine.lab.score('bench', model, tasks, () => {
      if (Number.isNaN(first)) first = performance.now() - started;
    });
    found.push({ first: first / 1000, all: (performance.now() - started) / 1000 });
  }
  const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[moves >> 1];
  return {
    tasks: tasks.length,
    firstSeconds: median(found.map(({ first }) => first)) ?? NaN,
    allSeconds: median(found.map(({ all }) => all)) ?? NaN,
  };
}
