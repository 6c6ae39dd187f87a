import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { countElements, roberta, safetensorsHeader } from './shapes.js';

const note =
  'Four small RoBERTa-shaped models made of seeded noise by scripts/makeDemo.js. They show what a merge does to weights; they know no language.';

const recipe = `merge_method: localize_and_stitch
base_model: base
models:
  - model: sentiment
  - model: questions
  - model: paraphrase
parameters: {density: 0.05}
scope: blocks
dtype: float32
out_dtype: float32
`;

const layers = 4;
const { config, tensors } = roberta({
  layers,
  hidden: 96,
  inner: 192,
  vocabulary: 500,
  positions: 66,
  heads: 6,
});

/**
 * How strongly each task changes a component, and how that grows (> 1) or falls (< 1) from layer to layer.
 * @type {Record<string, { attention: number, mlp: number, growth: number }>}
 */
const tasks = {
  sentiment: { attention: 0.6, mlp: 1.4, growth: 1.5 },
  questions: { attention: 1.5, mlp: 0.7, growth: 0.8 },
  paraphrase: { attention: 1.0, mlp: 1.0, growth: 1.2 },
};

/**
 * Random numbers from a seed (mulberry32), in integer arithmetic so that every machine makes the same bytes.
 * @param {number} seed
 * @returns {() => number} uniform in [0, 1)
 */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Near-normal with mean 0 and variance 1: the sum of twelve uniforms, which needs no logarithm.
 * @param {() => number} random
 */
function normal(random) {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

/** @param {string} name */
function baseScale(name) {
  if (name.endsWith('.bias')) return 0.01;
  return /layer_?norm/i.test(name) ? 0.05 : 0.04;
}

/**
 * Standard scale of a task vector within one tensor.
 * @param {string} task
 * @param {string} name
 */
function taskScale(task, name) {
  const profile = tasks[task];
  const layer = /\.layer\.(\d+)\./.exec(name);
  if (!profile || !layer) return 1e-4;
  let scale = 1e-3;
  for (let i = 0; i < Number(layer[1]); i++) scale *= profile.growth;
  if (name.includes('LayerNorm')) return scale * 0.3;
  return scale * (name.includes('attention') ? profile.attention : profile.mlp);
}

/** Base weights, and for each position whether it matters to every task (one in fifty). */
function makeBase() {
  const random = randomFrom(1);
  return tensors.map((tensor) => {
    const centre = /layer_?norm\.weight$/i.test(tensor.name) ? 1 : 0;
    const scale = baseScale(tensor.name);
    const count = countElements(tensor);
    const values = Float32Array.from({ length: count }, () => centre + scale * normal(random));
    const shared = Uint8Array.from({ length: count }, () => (random() < 0.02 ? 1 : 0));
    return { name: tensor.name, values, shared };
  });
}

/**
 * Base plus a heavy-tailed task vector: half of the positions do not move, the cube of a normal moves the others.
 * @param {ReturnType<typeof makeBase>} base
 * @param {string} task
 * @param {number} seed
 */
function fineTune(base, task, seed) {
  const random = randomFrom(seed);
  return base.map(({ name, values, shared }) => {
    const scale = taskScale(task, name);
    const tuned = values.map((value, i) => {
      const moves = random() < 0.5;
      const z = normal(random);
      return moves || shared[i] ? value + scale * (shared[i] ? 4 : 1) * z * z * z : value;
    });
    return { name, values: tuned };
  });
}

const folder = fileURLToPath(new URL('../public/demo/', import.meta.url));
rmSync(folder, { recursive: true, force: true });
const base = makeBase();
const models = {
  base,
  ...Object.fromEntries(Object.keys(tasks).map((task, i) => [task, fineTune(base, task, i + 2)])),
};
const files = Object.entries(models).flatMap(([name, weights]) => {
  mkdirSync(`${folder}${name}`, { recursive: true });
  const bytes = Buffer.concat([
    safetensorsHeader(tensors, 'F32'),
    ...weights.map(({ values }) => Buffer.from(values.buffer)),
  ]);
  writeFileSync(`${folder}${name}/model.safetensors`, bytes);
  writeFileSync(`${folder}${name}/config.json`, `${JSON.stringify(config, null, 2)}\n`);
  return [`${name}/model.safetensors`, `${name}/config.json`];
});
writeFileSync(
  `${folder}demo.json`,
  `${JSON.stringify({ note, base: 'base', files, recipe }, null, 2)}\n`,
);
console.log(`${files.length} files in ${folder}`);
