import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../scripts/headless/temporaryFolder.js';
import { makeCheckpoints } from '../scripts/makeCheckpoints.js';
import { measureMerges, recipeOf } from './merge.js';

/** @typedef {import('../src/recipe/recipe.ts').Recipe} Recipe */

const names = ['base', 'task1', 'task2'];
const suite = fileURLToPath(new URL('../e2e/fixtures/suite', import.meta.url));
const vocabulary = 50265;
const examples = 64;

/** Methods of that kind; those that learn from data last. */
export const layerMethods = ['tsv_merge', 'iso_c', 'iso_cts', 'wudi', 'regmean'];

/**
 * A merge that works on layers whole, over a base and two fine-tunes of it shaped as roberta-base.
 * @param {string} method
 */
export async function benchLayers(method) {
  const { path: folder, remove } = temporaryFolder(tmpdir(), 'stitchwork-layers-');
  try {
    makeCheckpoints({ shape: 'roberta-base', count: names.length, out: folder });
    for (const name of names) putTokenizer(join(folder, name));
    cpSync(join(suite, 'sentiment/train.jsonl'), join(folder, 'train.jsonl'));
    const inputBytes = names
      .map((name) => statSync(join(folder, name, 'model.safetensors')).size)
      .reduce((sum, size) => sum + size);
    const recipe = method === 'regmean' ? withData(method) : recipeOf(method, names);
    const { merges, ...measured } = await measureMerges({ folder, names, recipes: [recipe] });
    const date = new Date().toISOString().slice(0, 10);
    return { examples, inputBytes, ...measured, merges: merges.map((each) => ({ ...each, date })) };
  } finally {
    remove();
  }
}

/** Writes the suite's tokenizer with as many ids as the embedding has rows. @param {string} folder */
function putTokenizer(folder) {
  const tokenizer = JSON.parse(readFileSync(join(suite, 'base/tokenizer.json'), 'utf8'));
  const { vocab } = tokenizer.model;
  for (let id = Object.keys(vocab).length; id < vocabulary; id++) vocab[`unused${id}`] = id;
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  cpSync(join(suite, 'base/tokenizer_config.json'), join(folder, 'tokenizer_config.json'));
}

/** @param {string} method @returns {Recipe} */
function withData(method) {
  const recipe = recipeOf(method, names);
  const data = {
    train: 'train.jsonl',
    columns: { text: 'text', label: 'label' },
    ...{ template: '{text} It was{mask} .', label_words: [' terrible', ' great'] },
  };
  const models = recipe.models.map((each) => ({ ...each, data }));
  return { ...recipe, models, parameters: { examples } };
}
