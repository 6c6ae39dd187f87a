import { renewedNote } from './demoTables.js';

/** @typedef {import('./run.js').Results} Results */

const MB = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const seconds = (/** @type {number} */ time) =>
  time < 1 ? `${(time * 1000).toFixed(0)} ms` : `${time.toFixed(time < 10 ? 2 : 0)} s`;
const times = (/** @type {number} */ ratio) => `${ratio.toFixed(2)}×`;
const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;
const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;

/** @param {import('./localize/stepModel.ts').StepShape} shape */
const shapeOf = ({ layers, hidden, batch, tokens }) =>
  `${layers} layers, d ${hidden}, batch ${batch} × ${tokens} tokens`;

/**
 * Times of localization steps against those of fine-tuning, and peaks of memory by depth.
 * @param {NonNullable<Results['localize']>} figures
 */
export function stepTables({ date, machine, browser, runs, peaks, torch }) {
  const rows = runs.flatMap(({ backend, adapter, shape, figures }) =>
    figures.map(({ localizer, tasks, streaming, seconds: mine, plainSeconds, ratio, steps }) =>
      row([
        ...[`${backend} (${adapter}): ${shapeOf(shape)}`, `${localizer}, ${tasks}`],
        ...[streaming ? 'streaming' : 'resident', seconds(mine), seconds(plainSeconds)],
        ...[times(ratio), streaming ? '≤ 1.6×' : '≤ 1.15×', String(steps)],
      ]),
    ),
  );
  const peakRows = peaks.map(({ localizer, bytes }) =>
    row([localizer, ...bytes.map(MB), times(Math.max(...bytes) / Math.min(...bytes))]),
  );
  return `## Localization steps

${date}, Chromium ${browser}, ${machine.cores} cores. A RoBERTa of random weights whose layers are the scope. Peer: fine-tuning in plain tfjs, one \`tf.valueAndGrads\` over the same
forward pass and AdamW made of tfjs ops (bench/localize/plainStep.ts), on the same backend in the same worker, step by step in turn with
localizing; the ratio is the median over pairs. Streaming: a budget of 0 bytes, mask state through the origin's private files, checkpoints in memory.

| model | localizer, tasks | weights | step | plain step | ratio | aim | pairs |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

${torch ? torchTable(torch, runs) : ''}
Peak of tensors and buffers in a streaming step, above those before it, at d ${runs[0]?.shape.hidden} (aim: within 10 %):

| localizer | ${peaks[0]?.depths.map((depth) => `${depth} layers`).join(' | ')} | most / least |
| --- | --- | --- | --- | --- |
${peakRows.join('\n')}
`;
}

/**
 * @param {NonNullable<NonNullable<Results['localize']>['torch']>} torch
 * @param {NonNullable<Results['localize']>['runs']} runs
 */
function torchTable({ torch, threads }, runs) {
  const mine = runs[0]?.figures[0]?.seconds ?? NaN;
  const rows = Object.entries(threads).map(([count, { localize, fineTune }]) =>
    row([count, seconds(localize), seconds(fineTune), times(mine / localize)]),
  );
  return `The same step (scaled, resident) of the first model in torch ${torch} on the CPU (bench/torchStep.py), on demand by \`TORCH_PYTHON\`.
Where anything else runs, torch's threads wait for each other: the row of one thread is the one to trust then.


| threads | localization step | fine-tuning step | wasm / torch |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/**
 * One step of a large decoder.
 * @param {NonNullable<Results['xl']>} figures
 */
export function xlSection(figures) {
  const { date, browser, shape, dtype, parameters, batch, tokens, backend, adapter } = figures;
  return `## One localization step of ${shape}

${date}, Chromium ${browser}, ${backend} (${adapter}). Random ${dtype.toLowerCase()} weights, ${(parameters / 1e6).toFixed(0)} million parameters in scope, language-model loss, batch ${batch} × ${tokens}
tokens, \`scaled\`, all streaming (a budget of ${MB(figures.budgetBytes)}): ${seconds(figures.seconds)} for sizing gradients, start, one step and the mask, of it the step
${seconds(figures.stepSeconds)}. Peak memory of renderer and GPU process above idle: ${MB(figures.peakBytes)} (aim: < 4,000 MB).${figures.note ? ` ${figures.note}` : ''}
`;
}

/**
 * Accuracies of localizers by density, and what they compare with.
 * @param {NonNullable<Results['suite']>} suite
 */
export function suiteTables(suite) {
  const { date, tasks, shots, tests, parameters, models, rows, seconds: all } = suite;
  const note = renewedNote(suite);
  const densities = [...new Set(rows.map(({ density }) => density))];
  const table = (/** @type {'graft' | 'merged'} */ kind) => {
    const lines = [...new Set(rows.map(({ localizer }) => localizer))].map((id) =>
      row([
        id,
        ...densities.map((density) => {
          const found = rows.find((each) => each.localizer === id && each.density === density);
          return percent(found?.[kind] ?? NaN);
        }),
      ]),
    );
    return [
      row(['localizer', ...densities.map(percent)]),
      row(['---', ...densities.map(() => '---')]),
    ]
      .concat(lines)
      .join('\n');
  };
  return `## A suite of tasks

${date}, ${seconds(all)} in Node on wasm. ${tasks.length} tasks (${tasks.join(', ')}) of scripts/makeSuite.py that share words and conflict, ${shots} shots a class, ${parameters.toLocaleString('en')}
parameters in scope. Mean test accuracy over tasks; every localizer at its defaults. One seed, ${tests} test examples in all: the standard error of a figure, from
the examples alone, is up to ${percent(0.5 / Math.sqrt(tests))}.${note && ` ${note}`}

| model | accuracy |
| --- | --- |
${models.map(({ name, accuracy }) => row([name, percent(accuracy)])).join('\n')}

Few-shot fine-tuning is AdamW on the scope over the same examples, 6 epochs of batches of 32 as \`joint\` has them; told is the best of the learning
rates 3e-4, 1e-3 and 3e-3 on the test examples, which favours it.

Grafted (the base with one task's mask, on that task), by density:

${table('graft')}

Merged (all masks stitched, overlaps averaged), by density:

${table('merged')}
`;
}
