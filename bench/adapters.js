import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../scripts/headless/temporaryFolder.js';
import { makeCheckpoints } from '../scripts/makeCheckpoints.js';
import { countElements, safetensorsHeader } from '../scripts/shapes.js';
import { measureMerges, recipeOf } from './merge.js';

/** @typedef {import('../scripts/shapes.js').Shape} Shape */

const rank = 16;
const tasks = [1, 2, 3];

/** Task arithmetic of three fine-tunes of a RoBERTa-base, and of three adapters of it of rank 16 on all linear layers of its blocks. */
export async function benchAdapters() {
  const { path: folder, remove } = temporaryFolder(tmpdir(), 'stitchwork-adapters-');
  try {
    makeCheckpoints({ shape: 'roberta-base', count: 4, out: folder });
    const layers = linearLayers(join(folder, 'base', 'model.safetensors'));
    for (const task of tasks) makeAdapter(join(folder, `lora${task}`), layers, task);
    const [tuned, lora] = ['task', 'lora'].map((name) => tasks.map((task) => `${name}${task}`));
    const recipes = [tuned, lora, tuned, lora].map((models = []) =>
      recipeOf('task_arithmetic', ['base', ...models], { weight: 0.4 }),
    );
    const names = ['base', ...(tuned ?? []), ...(lora ?? [])];
    const { browser, merges } = await measureMerges({ folder, names, recipes });
    const best = (/** @type {number} */ at) =>
      Math.min(...merges.filter((_, i) => i % 2 === at).map(({ seconds }) => seconds));
    const peakBytes = Math.max(...merges.map((each) => each.peakBytes));
    return { browser, rank, fullSeconds: best(0), adapterSeconds: best(1), peakBytes };
  } finally {
    remove();
  }
}

/**
 * The linear layers of a checkpoint's blocks.
 * @param {string} path
 */
function linearLayers(path) {
  const file = readFileSync(path);
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))));
  /** @type {Shape[]} */
  const all = Object.entries(header).map(([name, { shape = [] }]) => ({ name, shape }));
  return all.filter(
    ({ name, shape }) => /\.layer\.\d+\..*weight$/.test(name) && shape.length === 2,
  );
}

/**
 * A folder with an adapter of PEFT of small numbers.
 * @param {string} folder
 * @param {Shape[]} layers
 * @param {number} seed
 */
function makeAdapter(folder, layers, seed) {
  mkdirSync(folder);
  const config = { peft_type: 'LORA', base_model_name_or_path: 'base', r: rank, lora_alpha: 32 };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  const tensors = layers.flatMap(({ name, shape: [rows = 0, columns = 0] }) => {
    const module = `base_model.model.${name.replace(/\.weight$/, '')}`;
    return [
      { name: `${module}.lora_A.weight`, shape: [rank, columns] },
      { name: `${module}.lora_B.weight`, shape: [rows, rank] },
    ];
  });
  const count = tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
  const values = Float32Array.from(
    { length: count },
    (_, i) => ((((i + seed) * 2654435761) >>> 0) / 2 ** 32 - 0.5) / 50,
  );
  const bytes = Buffer.concat([safetensorsHeader(tensors, 'F32'), Buffer.from(values.buffer)]);
  writeFileSync(join(folder, 'adapter_model.safetensors'), bytes);
}
