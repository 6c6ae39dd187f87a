import { resolve } from 'node:path';
import { inspect } from './headless/inspect.js';
import { merge } from './headless/merge.js';
import { progressLine } from './headless/progressLine.js';
import { Refusal } from './headless/refusal.js';
import { readArguments, refuse } from './usage.js';

const usage = `npm run headless -- recipe.yml --models DIR --out DIR [--predictions FILE.json] [--lora RANK[,ERROR]]
npm run headless -- --inspect PATH…

The first merges by the recipe in headless Chrome; the second prints what checkpoints hold.
  --models       folder with the recipe's models: DIR/<name>/, DIR/<name>.safetensors, .pt, .pth, .bin or .ckpt
  --out          folder for what is merged
  --predictions  file for what the merged model puts out on test data
  --lora         saves what the merge changed as a LoRA adapter as well, in OUT/lora: of this rank, or of the smallest up to it
                 that is off by no more than ERROR, a share of the changes' norm
docs/headless.md says what each prints.`;

async function main() {
  const { values, positionals } = readArguments(usage, {
    allowPositionals: true,
    options: {
      inspect: { type: 'boolean', default: false },
      models: { type: 'string' },
      out: { type: 'string' },
      predictions: { type: 'string' },
      lora: { type: 'string' },
    },
  });
  const [recipe, ...others] = positionals;
  if (!recipe) refuse(usage, values.inspect ? 'No path is given.' : 'No recipe is given.');
  if (values.inspect) {
    const { valid, report } = await inspect(positionals.map((path) => resolve(path)));
    console.log(JSON.stringify(report, null, 2));
    process.exitCode = valid ? 0 : 1;
    return;
  }
  const { models, out, predictions, lora } = values;
  if (others.length > 0) refuse(usage, `One recipe at a time: ${others.join(', ')} is left over.`);
  if (!models || !out) refuse(usage, `${models ? '--out' : '--models'} is missing.`);
  const [rank = NaN, error = null] = lora?.split(',').map(Number) ?? [];
  if (lora !== undefined && !(Number.isInteger(rank) && rank > 0 && (error === null || error >= 0)))
    refuse(usage, `--lora ${lora} is no rank, or rank and error such as 16,0.01.`);
  const adapter = lora === undefined ? null : { rank, error };
  const report = await merge(recipe, resolve(models), resolve(out), predictions, adapter);
  console.log(JSON.stringify(report));
}

main().catch((error) => {
  progressLine.say(error instanceof Refusal ? error.message : String(error));
  process.exit(1);
});
