import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lessonModels } from './demo/lessonModels.js';
import { openBuiltApp } from './headless/builtApp.js';
import { readArguments } from './usage.js';

/** @typedef {import('../src/api/demo.ts').DemoName} DemoName */
/** @typedef {import('../src/api/measured.ts').Measured} Measured */
/** @typedef {import('@playwright/test').Page} Page */

const usage = `node scripts/measureDemos.js [vision] [text]

Measures in headless Chrome, on all test examples, what lessons show of a demo as they begin, and writes it to
public/demo/NAME/measured.json. Run it anew when a demo's files or what its scores go by changed.`;

/**
 * Opens a demo's models in the page's lab.
 * @param {Page} page
 * @param {DemoName} which
 */
const open = (page, which) =>
  page.evaluate(async (which) => {
    const { engine } = /** @type {import('../src/automation.ts').Automation} */ (window.stitchwork);
    const folder = new URL('demo/', document.baseURI).href;
    const quiet = () => undefined;
    const { recipe, extra, told } = await engine.loadDemo('demo', folder, which, quiet);
    const info = await engine.lab.open('lab', { recipe, extra, told }, quiet);
    const listed = await (await fetch(`${folder}${which}/files.json`)).json();
    return { info, listed: /** @type {Record<string, { id: string }>} */ (listed) };
  }, which);

/**
 * @param {DemoName} which
 * @returns {Promise<Measured>}
 */
async function measure(which) {
  const app = await openBuiltApp();
  try {
    const { page } = app;
    const { info, listed } = await open(page, which);
    const { wanted, overlaps } = lessonModels(info);
    /** @type {Measured['models']} */
    const models = [];
    for (const each of wanted) {
      models.push(
        await page.evaluate(async ({ model, tasks }) => {
          const { lab } = /** @type {import('../src/automation.ts').Automation} */ (
            window.stitchwork
          ).engine;
          const changed = await lab.changed(model);
          const scores = await lab.score('measure', model, tasks, () => undefined);
          return { model, changed, right: scores.map(({ task, right }) => [task, right]) };
        }, each),
      );
      process.stderr.write(`\r${which}: ${models.length} of ${wanted.length} models `);
    }
    const looked = await page.evaluate(
      async ({ tasks, overlaps }) => {
        const { lab } = /** @type {import('../src/automation.ts').Automation} */ (window.stitchwork)
          .engine;
        const vectors = [];
        for (const task of tasks) vectors.push(await lab.vector(task));
        const met = [];
        for (const masks of overlaps) met.push({ masks, overlap: await lab.overlap(masks) });
        return { vectors, overlaps: met };
      },
      { tasks: info.tasks.flatMap(({ general }, i) => (general ? [] : i)), overlaps },
    );
    const files = Object.entries(listed).flatMap(([path, { id }]) =>
      path === 'measured.json' ? [] : [[path, id.slice(0, 16)]],
    );
    return { files: Object.fromEntries(files), info, models, ...looked };
  } finally {
    await app.close();
  }
}

const { positionals } = readArguments(usage, { allowPositionals: true });
for (const which of /** @type {const} */ (['vision', 'text'])) {
  if (positionals.length > 0 && !positionals.includes(which)) continue;
  const path = fileURLToPath(new URL(`../public/demo/${which}/measured.json`, import.meta.url));
  const text = JSON.stringify(await measure(which));
  writeFileSync(path, text);
  process.stderr.write(`\n${path}: ${(readFileSync(path).length / 1000).toFixed(0)} kB\n`);
}
