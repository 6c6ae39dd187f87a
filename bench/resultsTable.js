/** @typedef {import('./run.js').Results} Results */
/** @typedef {import('./run.js').Scale} Scale */

import { demoSection } from './demoTables.js';
import { stepTables, suiteTables, xlSection } from './localizeTables.js';

const MB = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const seconds = (/** @type {number} */ time) => `${time.toFixed(time < 10 ? 2 : 0)} s`;
const times = (/** @type {number} */ ratio) => `${ratio.toFixed(ratio < 10 ? 2 : 0)}×`;

/** The most that a merge may take: times the storage alone, and times mergekit. */
const aims = {
  linear: { storage: 1.3, peer: 1.5 },
  task_arithmetic: { storage: 1.3, peer: 1.5 },
  dare_linear: { storage: 1.3, peer: 1.5 },
  ties: { storage: null, peer: 0.3 },
  localize_and_stitch: { storage: 3, peer: null },
};

/** @param {Scale} scale */
function mergeTable({ shape, date, adapter, browser, ingestPeakBytes, merges }) {
  const other = merges.find(({ peer }) => peer)?.peer?.peer ?? '';
  const rows = merges.map(({ method, seconds: wall, storageSeconds, peakBytes, peer }) => {
    const aim = Object.entries(aims).find(([id]) => id === method)?.[1];
    const most = (/** @type {number | null | undefined} */ least) =>
      least ? ` (≤ ${least}×)` : '';
    const cells = [
      ...[method, seconds(wall), times(wall / storageSeconds) + most(aim?.storage)],
      ...(peer ? [seconds(peer.seconds), times(wall / peer.seconds) + most(aim?.peer)] : ['', '']),
      ...[MB(peakBytes), peer ? MB(peer.peakBytes) : ''],
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const [storage = NaN] = merges
    .map(({ storageSeconds }) => storageSeconds)
    .toSorted((a, b) => a - b);
  const [peer] = merges.flatMap((each) => each.peer?.seconds ?? []).toSorted((a, b) => a - b);
  return `### Four checkpoints shaped as ${shape}, f32

${date}, Chromium ${browser}, ${adapter}. Storage alone at its fastest: ${seconds(storage)}. Peak memory above idle while copying the inputs: ${MB(ingestPeakBytes)}.${other && ` The peer is ${other}.`}

| method | wall | / storage (aim) | peer | / peer (aim) | peak memory (≤ 500 MB) | the peer’s peak |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${
  peer
    ? `
What misses its aim does so for the storage: each byte crosses from the browser's process to the page's and is copied there,
so that storage alone takes ${times(storage / peer)} the peer's fastest merge, which maps its files into memory. Of a merge by
sums a twentieth of the processor's time is its loops; the rest is what storage takes, page faults and copies. TIES reads its
inputs twice, once to find its thresholds.
`
    : ''
}`;
}

/**
 * The results as Markdown.
 * @param {Results} results
 */
export function resultsTable(results) {
  const { localize, suite, xl, qwen, vision, text, methods, layers, waits, adapters } = results;
  return [
    mergeResults(results),
    adapters && adaptersSection(adapters),
    waits && waitsSection(waits),
    layers && layersSection(layers),
    localize && stepTables(localize),
    xl && xlSection(xl),
    qwen && xlSection(qwen),
    suite && suiteTables(suite),
    vision && demoSection(vision, methods),
    text && demoSection(text),
  ]
    .filter(Boolean)
    .join('\n');
}

/** @param {Results} results */
function mergeResults({ machine, ingest, preflight, base, small, large }) {
  const [largest] = large?.merges ?? [];
  const same = base.merges.find(({ method }) => method === largest?.method);
  const growth =
    largest && same
      ? `Peak memory of ${same.method} for checkpoints four times as large: ${times(largest.peakBytes / same.peakBytes)} of that for ${base.shape} (aim: within 10 %).\n`
      : '';
  return `# Results

\`npm run bench\` writes this page and results.json; \`-- --only merges\`, \`adapters\`, \`waits\`, \`localize\`, \`suite\`, \`vision\`, \`text\` (\`--localizers a,b\` for theirs alone) or \`methods\` (\`--tune\` for the best setting of each) renews one part, \`-- --x4\` the merges of large checkpoints\n(20 GB of disk), \`-- --layers\` the merges of layers whole, \`-- --xl\` the step of a GPT-2 XL (14 GB), \`-- --qwen\` that of a Qwen2 of 0.5 B parameters (6 GB).
Measured on ${machine.cores} cores (${machine.processor}, ${MB(machine.memoryBytes)}), Node ${machine.node}.

| | | aim |
| --- | --- | --- |
| ingest of ${MB(ingest.bytes)} until it can be used / the same File put whole into IndexedDB; the content id behind it | ${times(ingest.ratio)} (${ingest.ingestMibPerSecond.toFixed(0)} and ${ingest.wholeMibPerSecond.toFixed(0)} MiB/s); ${ingest.hashMibPerSecond?.toFixed(0) ?? '–'} MiB/s | ≥ 0.5× |
| opening 10 checkpoints of 10 shards and 1,000 tensors | ${seconds(preflight.openSeconds)} | |
| preflight of the same | ${seconds(preflight.preflightSeconds)} | < 1 s with opening |
| a merge of 6,000 tensors of 1,000 weights, base and three fine-tunes | ${small ? seconds(small.merges[0]?.seconds ?? NaN) : '–'} | ≤ 3 s |

Storage is the time in which plain code reads the same inputs from IndexedDB once and writes the output once, measured just
before and just after each merge, the mean of which stands beside it; what was written before is on the disk, and content
ids are known. The peer merges the same files by the same recipe, wherever it has such a method: mergekit, where it can be
installed, else numpy (bench/numpyMerge.py); imports are not counted. Peak memory is that of the renderer and the GPU process
together, above idle, of the peer the resident memory of its process.

${mergeTable(base)}
${large ? mergeTable(large) : ''}
${growth}`;
}

/** @param {NonNullable<Results['adapters']>} adapters */
function adaptersSection({ date, browser, rank, fullSeconds, adapterSeconds, peakBytes }) {
  return `### Three adapters of rank ${rank} on a roberta-base, f32

${date}, Chromium ${browser}. Task arithmetic of three fine-tunes, and of three LoRA adapters on every linear layer of the blocks, each twice in turn; the faster.

| | wall | aim |
| --- | --- | --- |
| three fine-tunes | ${seconds(fullSeconds)} | |
| three adapters | ${seconds(adapterSeconds)}, ${times(adapterSeconds / fullSeconds)} | ≤ 1× |

Peak memory above idle: ${MB(peakBytes)}.`;
}

/** @param {NonNullable<Results['waits']>} waits */
function waitsSection({ date, machine, slider, scoring, joint }) {
  const ratio =
    'peerTextsPerSecond' in scoring ? scoring.peerTextsPerSecond / scoring.textsPerSecond : NaN;
  const peer = scoring.peer
    ? `${scoring.textsPerSecond.toFixed(0)} a second, ${times(ratio)} the time of ${scoring.peer} on one thread`
    : `${scoring.textsPerSecond.toFixed(0)} a second`;
  return `### On the demos

${date}, ${machine.cores} cores, without a GPU. Texts are the test examples of the demo of texts, asked of base, fine-tuned, graft and merged
models; loading these counts. Memory is that of renderer and GPU process, idle included.

| | | aim |
| --- | --- | --- |
| a move of a lesson's slider (TIES, ${slider.tasks} tasks) to first bars; to all | ${slider.firstSeconds.toFixed(2)} s; ${slider.allSeconds.toFixed(2)} s | ≤ 0.1 s; 4 s |
| scoring ${scoring.texts} texts | ${peer} | ≤ 2.5× |
| \`joint\` on ${joint.tasks} tasks of texts, 64 shots a class | ${seconds(joint.seconds)}, peak ${MB(joint.peakBytes)} | ≤ 500 MB |
`;
}

/** @param {NonNullable<Results['layers']>} layers */
function layersSection({ browser, adapter, machine, examples, inputBytes, merges, note }) {
  const rows = merges.map((each) => {
    const { method, seconds: wall, storageSeconds, localizeSeconds, bytesRead, peakBytes } = each;
    const learning = localizeSeconds >= 1 ? seconds(localizeSeconds) : '';
    const [storage, passes] = [times(wall / storageSeconds), times(bytesRead / inputBytes)];
    const cells = [method, seconds(wall), storage, learning, passes, MB(peakBytes), each.date];
    return `| ${cells.join(' | ')} |`;
  });
  return `### Layers merged whole: a base and two fine-tunes shaped as roberta-base, f32

Chromium ${browser}, ${adapter}, ${machine.cores} cores. Every method at its defaults, RegMean on ${examples} examples of each task;
decompositions, a matrix on each core, and the work on examples where the adapter is software, run on the processor, embeddings
included. Peak memory is that of the renderer and the GPU process together, above idle; the inputs are ${MB(inputBytes)}.${note ? ` ${note}` : ''}

| method | wall | / storage | of it on data | bytes read / inputs | peak memory (aim: ≤ 700 MB) | measured |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

The aims (iso_c 30 s, tsv_merge 60 s, iso_cts 80 s, wudi 900 s) were set where storage alone took 3.5 s for the four checkpoints above.
Decompositions are in float64 by SIMD of 128 bits without fused multiply-add, half of what
numpy's BLAS has. WUDI is bound by its products: three hundred steps over all matrices, on which packing once and larger tiles
gained nothing.
`;
}
