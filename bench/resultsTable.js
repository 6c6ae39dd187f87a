/** @typedef {import('./run.js').Results} Results */
/** @typedef {import('./run.js').Scale} Scale */

import { demoSection } from './demoTables.js';
import { stepTables, suiteTables, xlSection } from './localizeTables.js';

const MB = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const seconds = (/** @type {number} */ time) => `${time.toFixed(time < 10 ? 2 : 0)} s`;
const times = (/** @type {number} */ ratio) => `${ratio.toFixed(ratio < 10 ? 2 : 0)}×`;

/**
 * @param {Scale} scale
 */
function mergeTable({ shape, date, adapter, browser, ingestPeakBytes, merges }) {
  const rows = merges.map((figures) => {
    const { method, seconds: wall, localizeSeconds, gpuSeconds, storageSeconds } = figures;
    const cells = [
      ...[method, seconds(wall), seconds(localizeSeconds), seconds(gpuSeconds)],
      ...[seconds(wall - gpuSeconds), times(wall / storageSeconds)],
      ...[times((wall - gpuSeconds) / storageSeconds), times(wall / figures.numpySeconds)],
      MB(figures.peakBytes),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `### Four checkpoints shaped as ${shape}, f32

${date}, Chromium ${browser}, adapter “${adapter}”. Peak memory above idle while copying them: ${MB(ingestPeakBytes)}.

| method | wall | of it localizing | awaiting the GPU | the rest | wall / storage | rest / storage | wall / numpy | peak memory |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/**
 * The results as Markdown.
 * @param {Results} results
 */
export function resultsTable(results) {
  const { localize, suite, xl, vision, text, methods, layers } = results;
  return [
    mergeResults(results),
    layers && layersSection(layers),
    localize && stepTables(localize),
    xl && xlSection(xl),
    suite && suiteTables(suite),
    vision && demoSection(vision, methods),
    text && demoSection(text),
  ]
    .filter(Boolean)
    .join('\n');
}

/** @param {Results} results */
function mergeResults({ machine, ingest, preflight, base, large }) {
  const peak = base.merges[0]?.peakBytes ?? NaN;
  const largePeak = large?.merges[0]?.peakBytes ?? NaN;
  const growth = large
    ? `Peak memory of ${large.merges[0]?.method} for checkpoints four times as large: ${times(largePeak / peak)} of that for ${base.shape} (aim: within 10 %).\n`
    : '';
  return `# Results

\`npm run bench\` writes this page and results.json; \`-- --only merges\`, \`localize\`, \`suite\`, \`vision\`, \`text\` (\`--localizers a,b\` for theirs alone) or \`methods\` (\`--tune\` for the best setting of each) renews one part, \`-- --x4\` the merges of large checkpoints\n(20 GB of disk), \`-- --layers\` the merges of layers whole, \`-- --xl\` the step of a GPT-2 XL (14 GB).
Measured on ${machine.cores} cores (${machine.processor}, ${MB(machine.memoryBytes)}), Node ${machine.node}, Python ${machine.python} with numpy ${machine.numpy}.

| | | aim |
| --- | --- | --- |
| ingest of ${MB(ingest.bytes)} until it can be used / the same File put whole into IndexedDB; the content id behind it | ${times(ingest.ratio)} (${ingest.ingestMibPerSecond.toFixed(0)} and ${ingest.wholeMibPerSecond.toFixed(0)} MiB/s); ${ingest.hashMibPerSecond?.toFixed(0) ?? '–'} MiB/s | ≥ 0.5× |
| opening 10 checkpoints of 10 shards and 1,000 tensors | ${seconds(preflight.openSeconds)} | |
| preflight of the same | ${seconds(preflight.preflightSeconds)} | < 1 s with opening |

Storage is the time in which plain code in the same worker reads the same inputs from IndexedDB once and writes the
output once. numpy is bench/numpyMerge.py on the same files, which changes the same number of positions. Peak memory is
that of the renderer and the GPU process together, above idle. On a software adapter the GPU's work runs on the
processor's cores and dominates; the rest is what the app adds to it, though the two overlap.

${mergeTable(base)}
${large ? mergeTable(large) : ''}
${growth}`;
}

/** @param {NonNullable<Results['layers']>} layers */
function layersSection({ date, browser, adapter, machine, examples, inputBytes, merges, note }) {
  const rows = merges.map(({ method, seconds: wall, localizeSeconds, bytesRead, peakBytes }) => {
    const learning = localizeSeconds >= 1 ? seconds(localizeSeconds) : '';
    return `| ${[method, seconds(wall), learning, times(bytesRead / inputBytes), MB(peakBytes)].join(' | ')} |`;
  });
  return `### Layers merged whole: a base and two fine-tunes shaped as roberta-base, f32

${date}, Chromium ${browser}, adapter “${adapter}”, ${machine.cores} cores. Every method at its defaults, RegMean on ${examples} examples of each task;
decompositions, a matrix on each core, and the work on examples where the adapter is software, run on the processor, embeddings
included. Peak memory is that of the renderer and the GPU process together, above idle; the inputs are ${MB(inputBytes)}.${note ? ` ${note}` : ''}

| method | wall | of it on data | bytes read / inputs | peak memory (aim: ≤ 700 MB) |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
