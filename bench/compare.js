import { readFileSync } from 'node:fs';
import { openBuiltApp } from '../scripts/headless/builtApp.js';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('../src/recipe/recipe.ts').Recipe} Recipe */
/** @typedef {import('../src/state/comparison.svelte.ts').Outcome} Outcome */
/** @typedef {import('../src/api/results.ts').Score} Score */
/** @typedef {{ id: string, label: string, recipe: Recipe } & Outcome} Entry */
/**
 * A method as the comparison measured it, or why it could not; `setting` is what was tuned, if anything.
 * @typedef {{ id: string, label: string, why?: string, setting: string, accuracy: number[], changed: number,
 *   seconds: { localize: number, merge: number } }} ComparedMethod
 */

/**
 * Every method on all tasks of the demo of pictures, but for searches of masks, with its usual parameters and, with `tune`,
 * at the value of its grid that does best on the training examples; measured by the page itself, in one go. With `only` just those.
 * @param {{ tune: boolean, only: readonly string[] | null }} options
 */
export async function benchMethods({ tune, only }) {
  const started = performance.now();
  const { page, context, close } = await openBuiltApp();
  try {
    const browser = context.browser()?.version() ?? '';
    await putDemo(page);
    await page.goto(new URL('#/results/compare', page.url()).href);
    const choices = page.getByRole('region', { name: 'What to compare' });
    await checkAll(choices.getByRole('group', { name: 'Learned from data' }).getByRole('checkbox'));
    if (only) await leave(page, only);
    if (tune) {
      await choices.getByText('Tune on few shots').click();
      await choices.getByRole('button', { name: 'Tune all' }).click();
    }
    const entries = await measure(page);
    const order = await page.evaluate(() => window.stitchwork?.engine.methods());
    const tasks = entries[0]?.recipe.models.map(({ model }) => model) ?? [];
    const measured = entries.find((each) => 'scores' in each);
    const tuned = tasks.map((task) => valueOf(measured?.scores ?? [], 'finetuned', task));
    return {
      order: order?.map(({ id }) => id) ?? [],
      ...{ browser, tune, tasks, tuned, methods: entries.map((each) => figuresOf(each, tasks)) },
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await close();
  }
}

/** Loads the demo and puts all of its tasks on the table. @param {Page} page */
async function putDemo(page) {
  const recipe = await page.evaluate(async () => {
    const folder = new URL('demo/', document.baseURI).href;
    const { engine } = /** @type {NonNullable<typeof window.stitchwork>} */ (window.stitchwork);
    return (await engine.loadDemo('bench', folder, 'vision', () => undefined)).recipe;
  });
  await page.goto(new URL('#/merge', page.url()).href);
  await page.reload();
  await page.getByRole('button', { name: 'Merge', exact: true, disabled: false }).waitFor();
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(JSON.stringify(recipe));
  await page.getByRole('button', { name: 'Localize with data', disabled: false }).waitFor();
}

/** @param {import('@playwright/test').Locator} boxes */
async function checkAll(boxes) {
  await boxes.first().waitFor();
  for (const box of await boxes.all()) if (await box.isEnabled()) await box.check();
}

/** Leaves just these methods in the comparison. @param {Page} page @param {readonly string[]} only */
async function leave(page, only) {
  const labels = await page.evaluate(async (ids) => {
    const all = (await window.stitchwork?.engine.methods()) ?? [];
    return all.filter(({ id }) => ids.includes(id)).map(({ label }) => label);
  }, only);
  if (labels.length < only.length) throw new Error(`Not all of ${only.join(', ')} are methods.`);
  const choices = page.getByRole('region', { name: 'What to compare' });
  await choices.getByRole('button', { name: 'None', exact: true }).click();
  for (const name of labels) await choices.getByRole('checkbox', { name, exact: true }).check();
}

/** Runs the comparison and returns what its JSON says. @param {Page} page */
async function measure(page) {
  await page.getByRole('button', { name: /^Compare \d+ methods$/ }).click();
  const at = page.getByRole('status').filter({ hasText: /^\s*(Measuring|Stopping)/ });
  await at.waitFor();
  for (let told = ''; await at.isVisible(); await page.waitForTimeout(500)) {
    const now = await at.innerText().catch(() => told);
    if (now !== told) console.error(`  ${now}`);
    told = now;
  }
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Methods as JSON' }).click();
  const text = readFileSync(await (await coming).path(), 'utf8');
  return /** @type {{ methods: Entry[] }} */ (JSON.parse(text)).methods;
}

/** @param {Entry} entry @param {readonly string[]} tasks @returns {ComparedMethod} */
function figuresOf(entry, tasks) {
  const { id, label } = entry;
  if ('why' in entry) return { ...{ id, label, why: entry.why, setting: '' }, ...nothing };
  const { scores, parameters, seconds, tuning } = entry;
  return {
    ...{ id, label, setting: settingOf(tuning?.values ?? {}) },
    accuracy: tasks.map((task) => valueOf(scores, 'merged', task)),
    changed: parameters.changed / parameters.total,
    seconds: { localize: seconds.localize, merge: seconds.merge },
  };
}

/** "λ 0.3". @param {Record<string, number | string>} values */
function settingOf(values) {
  return Object.entries(values)
    .map(([path, value]) => `${path.split('.').at(-1)?.replace('lambda', 'λ')} ${value}`)
    .join(', ');
}

const nothing = { accuracy: [], changed: NaN, seconds: { localize: 0, merge: 0 } };

/** @param {readonly Score[]} scores @param {Score['model']} model @param {string} task */
function valueOf(scores, model, task) {
  return scores.find((score) => score.model === model && score.task === task)?.value ?? NaN;
}
