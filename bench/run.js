import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { readArguments } from '../scripts/usage.js';
import { benchAdapters } from './adapters.js';
import { benchMethods } from './compare.js';
import { benchDemo } from './demo.js';
import { benchGpu } from './gpu.js';
import { benchIngest } from './ingest.js';
import { benchLayers, layerMethods } from './layers.js';
import { benchWaits } from './waits.js';
import { benchLocalize } from './localize.js';
import { benchXl } from './localizeXl.js';
import { benchSuite } from './suite.js';
import { findPeer } from './mergePeer.js';
import { benchMerges } from './merges.js';
import { measurePreflight } from './preflight.js';
import { resultsTable } from './resultsTable.js';

/** @typedef {import('./merges.js').Shape} Shape */
/** @typedef {Awaited<ReturnType<typeof benchMerges>>} Scale */
/** @typedef {Awaited<ReturnType<typeof benchDemo>>} DemoFigures */
/** @typedef {import('./demoTables.js').MethodFigures} MethodFigures */
/** @typedef {Awaited<ReturnType<typeof benchLayers>>} LayerFigures */
/**
 * What bench/results.json holds; each part is of the last run that measured it.
 * @typedef {{ machine: ReturnType<typeof describeMachine>, ingest: Awaited<ReturnType<typeof benchIngest>>,
 *   preflight: Awaited<ReturnType<typeof measurePreflight>>, base: Scale, small?: Scale, large?: Scale | null,
 *   localize?: Dated<Awaited<ReturnType<typeof benchLocalize>>>, xl?: Dated<Awaited<ReturnType<typeof benchXl>>>,
 *   qwen?: Dated<Awaited<ReturnType<typeof benchXl>>>,
 *   suite?: Dated<Awaited<ReturnType<typeof benchSuite>>>, vision?: Dated<DemoFigures>, text?: Dated<DemoFigures>,
 *   methods?: Dated<MethodFigures>, layers?: Dated<LayerFigures>,
 *   waits?: Dated<Awaited<ReturnType<typeof benchWaits>>>,
 *   adapters?: Dated<Awaited<ReturnType<typeof benchAdapters>>> }} Results
 */
/**
 * `renewed`: when localizers were measured whose rows are of another day.
 * @template T
 * @typedef {T & { date: string, machine: ReturnType<typeof describeMachine>, note?: string, renewed?: Record<string, string> }} Dated
 */

const usage = `npm run bench -- --gpu
npm run bench -- [--only PART,…] [--seeds 3] [--localizers a,b] [--tune] [--shape roberta-base] [--methods a,b] [--layers] [--x4] [--xl] [--qwen]

The first prints what this machine's GPU does: minutes. The second measures the app in headless Chrome and writes
bench/results.json and bench/RESULTS.md: hours for all parts.
  --only     of merges, adapters, waits, localize, suite, vision, text, methods; all of them unless --layers, --x4, --xl or --qwen is given
  --seeds    of the searches on the demos
  --localizers  of suite, vision or text: just these
  --tune     each method at the best value of its grid
  --shape    of the checkpoints that are merged
  --methods  of merges, methods, layers or x4: just these
  --layers   the methods that merge layers whole
  --x4       a merge of checkpoints four times as large (20 GB of disk)
  --xl       a localization step of a GPT-2 XL (14 GB)
  --qwen     a localization step of a Qwen2 of 0.5 B parameters (6 GB)
Merges are compared with mergekit in the Python of MERGEKIT_PYTHON, or in one installed among the temporary files.`;
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

function describeMachine() {
  return {
    ...{ cores: cpus().length, processor: cpus()[0]?.model ?? '', memoryBytes: totalmem() },
    node: process.versions.node,
  };
}

const today = () => new Date().toISOString().slice(0, 10);

/** @template T @param {T} figures @returns {Dated<T>} */
function dated(figures) {
  return { ...figures, date: today(), machine: describeMachine() };
}

/**
 * What a run measured or, of a run of some localizers alone, the figures before it with their rows renewed.
 * @template {{ name: string } | { localizer: string }} Row
 * @template {{ rows: Row[], browser?: string }} Figures
 * @param {Dated<Figures> | undefined} before
 * @param {Figures} found
 * @param {readonly string[] | null} only
 * @returns {Dated<Figures>}
 */
function renewed(before, found, only) {
  if (!only || !before) return dated(found);
  const nameOf = (/** @type {Row} */ row) => ('localizer' in row ? row.localizer : row.name);
  const names = before.rows.map(nameOf);
  const rows = before.rows.flatMap((row, at) => {
    const name = nameOf(row);
    if (!only.includes(name)) return [row];
    return names.indexOf(name) === at ? found.rows.filter((each) => nameOf(each) === name) : [];
  });
  const when = found.browser ? `${today()}, Chromium ${found.browser}` : today();
  const each = Object.fromEntries(only.map((name) => [name, when]));
  return { ...before, rows, renewed: { ...before.renewed, ...each } };
}

/**
 * The comparison of methods, or with `methods` the one there is with theirs renewed.
 * @param {Results} results
 * @param {{ tune: boolean, methods?: string | undefined }} options
 * @returns {Promise<Dated<MethodFigures>>}
 */
async function measuredMethods({ methods: before }, { tune, methods }) {
  const only = methods?.split(',') ?? null;
  const { order, ...measured } = dated(await benchMethods({ tune, only }));
  if (!only || !before) return measured;
  const methodOf = (/** @type {string} */ id) => id.split(/[/ ]/)[0] ?? '';
  const place = (/** @type {string} */ id) => order.indexOf(methodOf(id));
  const others = before.methods.filter(({ id }) => !only.includes(methodOf(id)));
  const rows = [...others, ...measured.methods];
  rows.sort((a, b) => place(a.id) - place(b.id));
  return { ...measured, seconds: before.seconds + measured.seconds, methods: rows };
}

async function main() {
  const { values } = readArguments(usage, {
    options: {
      only: { type: 'string' },
      shape: { type: 'string', default: 'roberta-base' },
      methods: { type: 'string' },
      seeds: { type: 'string', default: '3' },
      localizers: { type: 'string' },
      gpu: { type: 'boolean', default: false },
      layers: { type: 'boolean', default: false },
      x4: { type: 'boolean', default: false },
      xl: { type: 'boolean', default: false },
      qwen: { type: 'boolean', default: false },
      tune: { type: 'boolean', default: false },
    },
  });
  if (values.gpu) {
    console.log(await benchGpu());
    return;
  }
  const file = here('results.json');
  /** @type {Results} */
  let results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const keep = async (/** @type {Partial<Results>} */ part) => {
    results = { ...results, ...part };
    await write(file, results);
  };
  const methods = values.methods?.split(',');
  const only = values.localizers?.split(',') ?? null;
  // What is only on demand is measured alone.
  const demanded =
    values.layers || values.x4 || values.xl || values.qwen
      ? ''
      : 'merges,adapters,waits,localize,suite,vision,text,methods';
  const parts = (values.only ?? demanded).split(',');
  if (parts.includes('merges')) {
    console.error('Opening and preflight');
    const preflight = await measurePreflight();
    console.error('Ingest');
    const ingest = await benchIngest();
    console.error(`Merges of ${values.shape}`);
    const shape = /** @type {Shape} */ (values.shape);
    const base = await benchMerges({ shape, methods, peer: findPeer() });
    console.error('A merge of small tensors');
    const small = await benchMerges({ shape: 'small-tensors', methods: ['task_arithmetic'] });
    await keep({ machine: describeMachine(), ingest, preflight, base, small });
  }
  if (parts.includes('adapters')) {
    console.error('Merges of adapters');
    await keep({ adapters: dated(await benchAdapters()) });
  }
  if (parts.includes('waits')) {
    console.error('What one waits for on the demos');
    await keep({ waits: dated(await benchWaits()) });
  }
  if (parts.includes('localize')) {
    console.error('Localization steps');
    await keep({ localize: dated(await benchLocalize()) });
  }
  if (parts.includes('suite')) {
    console.error('Localizers on a suite of tasks');
    await keep({ suite: renewed(results.suite, await benchSuite({ only }), only) });
  }
  for (const which of /** @type {const} */ (['vision', 'text']))
    if (parts.includes(which)) {
      console.error(`Methods on the demo: ${which}`);
      const found = await benchDemo(which, Number(values.seeds), only);
      await keep({ [which]: renewed(results[which], found, only) });
    }
  if (parts.includes('methods')) {
    console.error('All methods on the demo of pictures');
    await keep({ methods: await measuredMethods(results, values) });
  }
  if (values.layers) {
    console.error('Methods that merge layers whole, on roberta-base');
    for (const method of values.methods?.split(',') ?? layerMethods) {
      const measured = dated(await benchLayers(method));
      const others = results.layers?.merges.filter((each) => each.method !== method) ?? [];
      await keep({ layers: { ...measured, merges: [...others, ...measured.merges] } });
    }
  }
  if (values.x4) {
    console.error('A merge of roberta-x4');
    const large = ['localize_and_stitch'];
    await keep({ large: await benchMerges({ shape: 'roberta-x4', methods: methods ?? large }) });
  }
  if (values.xl) {
    console.error('A localization step of a GPT-2 XL');
    await keep({ xl: dated(await benchXl()) });
  }
  if (values.qwen) {
    console.error('A localization step of a Qwen2 of 0.5 B parameters');
    await keep({ qwen: dated(await benchXl({ shape: 'qwen2-0.5b' })) });
  }
  console.log(resultsTable(results));
}

/**
 * @param {string} file
 * @param {Results} results
 */
async function write(file, results) {
  writeFileSync(file, await format(JSON.stringify(results), { parser: 'json' }));
  writeFileSync(here('RESULTS.md'), await format(resultsTable(results), { parser: 'markdown' }));
}

await main();
