import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openBenchPage } from './benchPage.js';

/** @typedef {import('./localize/stepModel.ts').StepShape} StepShape */
/** @typedef {import('./localize/measureSteps.ts').StepFigures} StepFigures */
/** @typedef {import('./localize/measureSteps.ts').StepKind} StepKind */
/** @typedef {{ localize: number, fineTune: number }} TorchSeconds */

/** @type {StepShape} */
const wasmShape = {
  ...{ layers: 4, hidden: 128, inner: 512, heads: 4 },
  ...{ vocabulary: 2000, batch: 16, tokens: 32 },
};
/** @type {StepShape} */
const gpuShape = {
  ...{ layers: 2, hidden: 64, inner: 256, heads: 4 },
  ...{ vocabulary: 2000, batch: 4, tokens: 16 },
};
/** @type {StepKind[]} */
const kinds = [
  { localizer: 'scaled', tasks: 1, streaming: false },
  { localizer: 'scaled', tasks: 1, streaming: true },
  { localizer: 'joint', tasks: 4, streaming: false },
  { localizer: 'joint', tasks: 4, streaming: true },
];
const depths = [4, 8, 16];

/**
 * Steps of localizing against steps of plain fine-tuning on wasm and WebGPU in real Chromium, the same in torch, and the
 * peak of memory by depth when blocks stream. `python` is one with torch and transformers.
 * @param {{ python?: string, steps?: number, gpuSteps?: number }} [options]
 */
export async function benchLocalize({ python = findTorch(), steps = 15, gpuSteps = 5 } = {}) {
  const bench = await openBenchPage('bench/localize/steps.html', 'measureStep');
  try {
    const { page } = bench;
    const measure = async (
      /** @type {'wasm' | 'webgpu'} */ backend,
      /** @type {StepShape} */ shape,
      /** @type {number} */ count,
    ) => {
      /** @type {StepFigures[]} */
      const figures = [];
      let adapter = '';
      for (const kind of kinds) {
        console.error(`  ${backend}: ${kind.localizer}${kind.streaming ? ', streaming' : ''}`);
        const job = { backend, shape, kind, steps: count };
        const done = await page.evaluate((given) => globalThis.measureStep(given), job);
        if (typeof done.result !== 'number') figures.push(done.result);
        adapter = done.adapter;
      }
      return { backend, adapter, shape, figures };
    };
    const runs = [
      await measure('wasm', wasmShape, steps),
      await measure('webgpu', gpuShape, gpuSteps),
    ];
    const peaks = [];
    for (const kind of kinds.filter(({ streaming }) => streaming)) {
      const bytes = [];
      for (const layers of depths) {
        const shape = { ...wasmShape, layers };
        const job = { backend: /** @type {const} */ ('wasm'), shape, kind, steps: null };
        const done = await page.evaluate((given) => globalThis.measureStep(given), job);
        bytes.push(Number(done.result));
      }
      peaks.push({ localizer: kind.localizer, depths, bytes });
    }
    const torch = python ? stepInTorch(python, wasmShape) : null;
    return { browser: bench.browser, runs, peaks, torch };
  } finally {
    await bench.close();
  }
}

/** A Python that has torch: $TORCH_PYTHON, or the system's. */
export function findTorch() {
  const { TORCH_PYTHON: given } = process.env;
  if (given && existsSync(given)) return given;
  try {
    execFileSync('python3', ['-c', 'import torch, transformers'], { stdio: 'ignore' });
    return 'python3';
  } catch {
    return undefined; // the comparison is left out
  }
}

/**
 * @param {string} python
 * @param {StepShape} shape
 * @returns {{ torch: string, threads: Record<string, TorchSeconds> }}
 */
function stepInTorch(python, shape) {
  const script = fileURLToPath(new URL('torchStep.py', import.meta.url));
  return JSON.parse(
    execFileSync(python, [script, JSON.stringify(shape)], {
      ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    }),
  );
}
