import { call } from '../scripts/headless/appPage.js';
import { openBuiltApp } from '../scripts/headless/builtApp.js';
import { openBenchPage } from './benchPage.js';
import { benchMerges } from './merges.js';

/** @typedef {import('./localize/stepModel.ts').StepShape} StepShape */

const limits = /** @type {const} */ ([
  ...['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'],
  ...['maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup'],
]);
const sides = { hardware: 2048, software: 512 };
/** @type {Record<'hardware' | 'software', StepShape>} */
const stepShapes = {
  hardware: {
    ...{ layers: 4, hidden: 768, inner: 3072, heads: 12 },
    ...{ vocabulary: 2000, batch: 16, tokens: 64 },
  },
  software: {
    ...{ layers: 2, hidden: 64, inner: 256, heads: 4 },
    ...{ vocabulary: 2000, batch: 4, tokens: 16 },
  },
};
const steps = 5;
const moves = 3;

/**
 * What a GPU does, as text to send: the adapter and its limits, a localization step against its products of large matrices,
 * merges against storage, and a lesson's slider. A software adapter is given little to do.
 */
export async function benchGpu() {
  const { software, rows } = await measureTensors();
  rows.push(...(await measureMerging(software ? 'roberta-small' : 'roberta-base')));
  rows.push(await measureSlider());
  if (software)
    rows.push([
      'no hardware',
      'Smaller shapes. On Linux a GPU may need CHROMIUM_FLAGS="--enable-features=Vulkan --ignore-gpu-blocklist".',
    ]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** The adapter, and what tfjs does on it. */
async function measureTensors() {
  const { page, browser, close } = await openBenchPage('bench/localize/steps.html', 'measureStep');
  try {
    /** @type {[string, string][]} */
    const rows = [['browser', `Chromium ${browser}`], ...(await page.evaluate(describe, limits))];
    console.error('Products of matrices');
    const product = await page.evaluate((given) => globalThis.measureProduct(given), sides);
    const { software, side, flops } = product;
    rows.push([`f32 matrix product, ${side}³`, `${giga(flops)} GFLOP/s`]);
    console.error('Localization steps');
    const shape = stepShapes[software ? 'software' : 'hardware'];
    const kind = { localizer: /** @type {const} */ ('scaled'), tasks: 1, streaming: false };
    const job = { backend: /** @type {const} */ ('webgpu'), shape, kind, steps };
    const { result } = await page.evaluate((given) => globalThis.measureStep(given), job);
    if (typeof result === 'number') throw new Error('A peak came in place of times.');
    const own = flopsOf(shape) / result.seconds;
    rows.push([
      `localization step, ${shape.layers} layers, d ${shape.hidden}, ${shape.batch} × ${shape.tokens} tokens`,
      `${(result.seconds * 1000).toFixed(1)} ms, ${giga(own)} GFLOP/s, ${(own / flops).toFixed(2)} of the product's`,
    ]);
    return { software, rows };
  } finally {
    await close();
  }
}

/**
 * In the page: rows of what the adapter says of itself.
 * @param {typeof limits} limits
 * @returns {Promise<[string, string][]>}
 */
async function describe(limits) {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('There is no WebGPU in this browser.');
  const { vendor, architecture, description } = adapter.info;
  return [
    ['adapter', [vendor, architecture, description].filter(Boolean).join(', ')],
    ['shader-f16', adapter.features.has('shader-f16') ? 'yes' : 'no'],
    ...limits.map((name) => /** @type {[string, string]} */ ([name, String(adapter.limits[name])])),
  ];
}

/**
 * Of a step's products of matrices: a forward pass and two as large going backward, without what is recomputed.
 * @param {StepShape} shape
 */
function flopsOf({ layers, hidden, inner, batch, tokens }) {
  const weights = 4 * hidden ** 2 + 2 * hidden * inner;
  return 3 * 2 * layers * batch * tokens * (weights + 2 * tokens * hidden);
}

const giga = (/** @type {number} */ flops) => Number((flops / 1e9).toPrecision(3));

/**
 * @param {import('./merges.js').Shape} shape
 * @returns {Promise<[string, string][]>}
 */
async function measureMerging(shape) {
  console.error(`Merges of ${shape}`);
  const methods = ['task_arithmetic', 'ties'];
  const { merges } = await benchMerges({ shape, methods, engine: 'gpu' });
  return merges.map(({ method, seconds, storageSeconds }) => [
    `merge, ${method}, 4 × ${shape}`,
    `${seconds.toFixed(1)} s, ${(seconds / storageSeconds).toFixed(2)} × storage alone`,
  ]);
}

/**
 * Seconds from a move of a lesson's slider to its first bars, and to those of all tests: medians.
 * @returns {Promise<[string, string]>}
 */
async function measureSlider() {
  console.error('A lesson’s slider');
  const { page, close } = await openBuiltApp();
  try {
    await call(page, 'setEngine', 'gpu');
    // What was measured beforehand is no measure of this machine.
    await page.route('**/measured.json*', (route) => route.abort());
    await page.goto(new URL('#/learn/2', page.url()).href);
    // Once it names them, nothing but the slider is left to score.
    await page.getByRole('heading', { name: /, fine-tuned \d/ }).waitFor({ timeout: 0 });
    await page.getByText(/^On all/).waitFor({ timeout: 0 });
    const found = await page.evaluate(moveSlider, moves);
    const { localizing } = await call(page, 'status');
    const median = (/** @type {'first' | 'all'} */ what) =>
      found.map((each) => each[what]).toSorted((a, b) => a - b)[moves >> 1] ?? NaN;
    return [
      `lesson’s slider, 8 tasks, on ${localizing}`,
      `first bars ${median('first').toFixed(2)} s, all ${median('all').toFixed(2)} s`,
    ];
  } finally {
    await close();
  }
}

/** In the page: moves the first slider so many times, each after all is scored. @param {number} moves */
async function moveSlider(moves) {
  const slider = document.querySelector('input[type="range"]');
  if (!(slider instanceof HTMLInputElement)) throw new Error('The lesson has no slider.');
  const shows = (/** @type {RegExp} */ note) =>
    new Promise((resolve) => {
      const look = () => {
        if (!note.test(document.body.textContent ?? '')) return requestAnimationFrame(look);
        resolve(undefined);
      };
      look();
    });
  const found = [];
  for (let move = 1; move <= moves; move++) {
    const started = performance.now();
    const since = () => (performance.now() - started) / 1000;
    slider.valueAsNumber = 0.4 + 0.1 * move;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await shows(/ examples so far/);
    const first = since();
    await shows(/On all [\d,]+ test examples/);
    found.push({ first, all: since() });
  }
  return found;
}
