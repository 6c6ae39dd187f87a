import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** @typedef {import('./suite/measureSuite.ts').LocalizerRow} LocalizerRow */
/** @typedef {import('./suite/measureSuite.ts').ModelRow} ModelRow */
/** @typedef {{ tasks: string[], shots: number, tests: number, parameters: number }} SuiteFacts */
/** @typedef {{ facts: SuiteFacts, models: ModelRow[], rows: LocalizerRow[] }} PartFigures */
/** @typedef {import('./suite/measureSuite.ts').LocalizerId | 'models'} Part */

/** @type {Part[]} */
const parts = [
  ...['scaled', 'hard', 'reference', 'paper', 'grafting', 'joint', 'models', 'dataless', 'random'],
].map((part) => /** @type {Part} */ (part));
const order = ['scaled', 'hard', 'joint', 'paper', 'reference', 'grafting', 'dataless', 'random'];

/**
 * Accuracies of all localizers and of what they compare with, on the suite that scripts/makeSuite.py makes: in Node on wasm, two
 * parts at a time; with `only` just these localizers.
 * @param {{ folder?: string, only?: readonly string[] | null }} [options]
 */
export async function benchSuite({
  folder = fileURLToPath(new URL('../e2e/fixtures/suite', import.meta.url)),
  only = null,
} = {}) {
  if (!existsSync(join(folder, 'recipe.yml')))
    throw new Error(`There is no suite in ${folder}. Make it with scripts/makeSuite.py.`);
  const started = performance.now();
  const waiting = parts.filter((part) => !only || only.includes(part));
  /** @type {PartFigures[]} */
  const figures = [];
  await Promise.all([1, 2].map(() => work(folder, waiting, figures)));
  const facts = figures[0]?.facts;
  if (!facts) throw new Error('Nothing was measured.');
  return {
    ...facts,
    models: figures.flatMap(({ models }) => models),
    rows: figures
      .flatMap(({ rows }) => rows)
      .sort((a, b) => order.indexOf(a.localizer) - order.indexOf(b.localizer)),
    seconds: (performance.now() - started) / 1000,
  };
}

/**
 * Takes parts until none is left.
 * @param {string} folder
 * @param {Part[]} waiting
 * @param {PartFigures[]} figures
 * @returns {Promise<void>}
 */
function work(folder, waiting, figures) {
  const worker = new Worker(new URL('suite/part.js', import.meta.url), { workerData: { folder } });
  return new Promise((resolve, reject) => {
    const next = () => worker.postMessage(waiting.shift() ?? null);
    worker.on('message', (/** @type {PartFigures} */ found) => {
      figures.push(found);
      for (const { localizer, density, graft, merged, seconds } of found.rows)
        console.error(
          `  ${localizer} at ${density}: graft ${graft.toFixed(3)}, merged ${merged.toFixed(3)}, ${seconds.toFixed(0)} s`,
        );
      for (const { name, accuracy } of found.models)
        console.error(`  ${name}: ${accuracy.toFixed(3)}`);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    next();
  });
}
