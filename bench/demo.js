import { openBenchPage } from './benchPage.js';

/** @typedef {import('../src/api/lab.ts').LabModel} LabModel */
/** @typedef {import('../src/api/demo.ts').DemoName} DemoName */
/**
 * One model, or one kind of model of each task, scored on the tests of every task.
 * @typedef {{ name: string, setting: string, data: boolean, seed: number, accuracy: number[], mean: number, normalised: number,
 *   shots: number, general: number | null, changed: number, seconds: number, graft: number | null, density: number | null }} DemoRow
 */

const densities = [0.005, 0.01, 0.05, 0.1, 0.2, 0.4];
const weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
/** Localizers, at which densities they search, and with how many seeds at most; a density is read off the ranking of the next larger. */
const searches = {
  joint: { at: [0.05, 0.2], seeds: 3 },
  scaled: { at: [0.05, 0.1, 0.2], seeds: 3 },
  hard: { at: [0.05, 0.1, 0.2], seeds: 3 },
  paper: { at: [0.2], seeds: 1 },
  reference: { at: [0.2], seeds: 1 },
  grafting: { at: [0.2], seeds: 1 },
  dataless: { at: [1], seeds: 1 },
  random: { at: [1], seeds: 3 },
};
/** Few shots of a class that searches see. */
const shots = 32;

const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Every method on every task of a demo, by the app's own engine in real Chromium; localizers run on two pages side by side.
 * `shots` of a row is its mean accuracy on the few shots, by which settings are chosen.
 * @param {DemoName} which
 * @param {number} most seeds
 * @param {readonly string[] | null} only just these localizers, and nothing that needs no masks
 */
export async function benchDemo(which, most, only) {
  const started = performance.now();
  const [first, second] = await Promise.all([open(which), open(which)]);
  try {
    const { info, browser } = first;
    const fineTunes = info.tasks.filter(({ general, id }) => !general && !id.includes(', '));
    const tuned = await ofFineTunes(first, fineTunes.length);
    const measure = (/** @type {Opened} */ on) =>
      createMeasure(on, fineTunes.length, tuned.accuracy);
    const rows = only ? [] : await weightRows(measure(first), fineTunes.length, tuned);
    const wanted = Object.entries(searches).filter(([name]) => !only || only.includes(name));
    const jobs = wanted.flatMap(([localizer, { at, seeds }]) =>
      Array.from({ length: Math.min(seeds, most) }, (_, seed) =>
        at.map((density) => ({ localizer, seed, density, read: readAt(density, at) })),
      ).flat(),
    );
    await Promise.all(
      [first, second].map(async (on) => {
        for (let job = jobs.shift(); job; job = jobs.shift())
          rows.push(...(await localizerRows(on, measure(on), fineTunes.length, job)));
      }),
    );
    return {
      ...{ which, browser, backend: info.backend, scope: info.scope, shots, rows },
      tasks: fineTunes.map(({ label, labels, tests }) => ({
        label,
        classes: labels.length,
        tests,
      })),
      general: info.tasks[fineTunes.length]?.general ? info.tasks[fineTunes.length]?.label : null,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}

/** @typedef {Awaited<ReturnType<typeof open>>} Opened */
/** @typedef {ReturnType<typeof createMeasure>} Measure */

/** Densities above the next smaller search, up to this one's. @param {number} density @param {number[]} all */
function readAt(density, all) {
  const below = Math.max(0, ...all.filter((other) => other < density));
  return densities.filter((each) => each > below && each <= density);
}

/** @param {DemoName} which */
async function open(which) {
  const bench = await openBenchPage('bench/demo/demo.html', 'demoBench');
  const info = await bench.page.evaluate((name) => globalThis.demoBench.open(name), which);
  return { ...bench, info };
}

/** Accuracy of each fine-tune on its task, and the share of weights that it moved. @param {Opened} on @param {number} count */
async function ofFineTunes({ page, info }, count) {
  const accuracy = [];
  const changed = [];
  for (let task = 0; task < count; task++) {
    const model = /** @type {LabModel} */ ({ kind: 'tuned', task });
    const [[value = NaN], moved] = await page.evaluate(
      async ({ model, task }) => [
        await globalThis.demoBench.score(model, [task]),
        await globalThis.demoBench.changed(model),
      ],
      { model, task },
    );
    accuracy.push(value);
    changed.push(moved / info.scope);
  }
  return { accuracy, changed: mean(changed) };
}

/**
 * Scores one model on all tests, the few shots, and what the base knows.
 * @param {Opened} on
 * @param {number} count
 * @param {number[]} tuned
 */
function createMeasure({ page, info }, count, tuned) {
  const general = info.tasks[count]?.general && !info.tasks[count]?.id.includes(', ') ? 1 : 0;
  const all = info.tasks.map((_, task) => task);
  return async (
    /** @type {LabModel} */ model,
    /** @type {Pick<DemoRow, 'name' | 'setting' | 'data'> & Partial<DemoRow>} */ row,
  ) => {
    const [scores, changed] = await page.evaluate(
      async ({ model, all }) => [
        await globalThis.demoBench.score(model, all),
        await globalThis.demoBench.changed(model),
      ],
      { model, all },
    );
    const accuracy = scores.slice(0, count);
    console.error(`  ${row.name}, ${row.setting}: ${(100 * mean(accuracy)).toFixed(1)} %`);
    return /** @type {DemoRow} */ ({
      ...{ seed: 0, seconds: 0, graft: null, density: null, accuracy, mean: mean(accuracy) },
      normalised: mean(accuracy.map((value, task) => value / (tuned[task] ?? NaN))),
      shots: mean(scores.slice(count + general)),
      general: general ? (scores[count] ?? null) : null,
      changed: changed / info.scope,
      ...row,
    });
  };
}

/**
 * What needs no masks: the base, the fine-tunes themselves, average, task arithmetic, TIES.
 * @param {Measure} measure
 * @param {number} count
 * @param {{ accuracy: number[], changed: number }} tuned
 */
async function weightRows(measure, count, tuned) {
  const each = Array.from({ length: count }, (_, task) => task);
  const sum = (/** @type {number} */ weight) =>
    /** @type {LabModel} */ ({ kind: 'sum', weights: each.map(() => weight) });
  const base = await measure({ kind: 'base' }, { name: 'Pretrained', setting: '', data: false });
  const own = { name: 'Fine-tuned, each on its task', ...tuned, mean: mean(tuned.accuracy) };
  const rows = [base, { ...base, ...own, normalised: 1, shots: NaN, general: null }];
  rows.push(await measure(sum(1 / count), { name: 'Average', setting: '', data: false }));
  for (const weight of weights) {
    const row = { name: 'Task arithmetic', setting: `α ${weight}`, data: false };
    rows.push(await measure(sum(weight), row));
  }
  for (const lambda of weights) {
    /** @type {LabModel} */
    const model = { kind: 'ties', tasks: each, density: 0.2, lambda };
    rows.push(await measure(model, { name: 'TIES', setting: `20 %, λ ${lambda}`, data: false }));
  }
  return rows;
}

/**
 * What a localizer's stitched models reach at the densities read off one search, with the mean accuracy of its grafts on their own tasks.
 * @param {Opened} on
 * @param {Measure} measure
 * @param {number} count
 * @param {{ localizer: string, seed: number, density: number, read: number[] }} job
 */
async function localizerRows({ page }, measure, count, { localizer, seed, density: at, read }) {
  const tasks = Array.from({ length: count }, (_, task) => task);
  const data = localizer !== 'dataless' && localizer !== 'random';
  const given = { localizer, tasks, density: at, shots, seed };
  const seconds = data
    ? await page.evaluate(
        ({ localizer, tasks, density, shots, seed }) =>
          globalThis.demoBench.find(localizer, tasks, density, shots, seed),
        given,
      )
    : 0;
  const rows = [];
  for (const density of read) {
    const mask = (/** @type {number} */ task) => ({
      by: localizer,
      density,
      seed: seed * 100 + task,
    });
    const grafts = await page.evaluate(
      async (models) => {
        const found = [];
        for (const [task, model] of models.entries())
          found.push(...(await globalThis.demoBench.score(model, [task])));
        return found;
      },
      tasks.map(
        (task) =>
          /** @type {LabModel} */ ({
            kind: 'stitch',
            masks: tasks.map((each) => (each === task ? mask(task) : null)),
          }),
      ),
    );
    const model = /** @type {LabModel} */ ({ kind: 'stitch', masks: tasks.map(mask) });
    const row = { name: localizer, setting: `${100 * density} %`, data, seed, seconds, density };
    rows.push(await measure(model, { ...row, graft: mean(grafts) }));
  }
  return rows;
}
