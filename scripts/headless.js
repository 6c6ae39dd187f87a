import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Refusal } from './headless/appPage.js';
import { inspect } from './headless/inspect.js';
import { merge } from './headless/merge.js';
import { progressLine } from './headless/progressLine.js';

const usage = `npm run headless -- recipe.yml --models DIR --out DIR [--predictions FILE.json]
npm run headless -- --inspect PATH…`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      inspect: { type: 'boolean', default: false },
      models: { type: 'string' },
      out: { type: 'string' },
      predictions: { type: 'string' },
    },
  });
  const [recipe] = positionals;
  if (values.inspect && recipe) {
    const { valid, report } = await inspect(positionals.map((path) => resolve(path)));
    console.log(JSON.stringify(report, null, 2));
    process.exitCode = valid ? 0 : 1;
    return;
  }
  if (!recipe || positionals.length > 1 || !values.models || !values.out) throw new Refusal(usage);
  const { models, out, predictions } = values;
  const report = await merge(recipe, resolve(models), resolve(out), predictions);
  console.log(JSON.stringify(report));
}

main().catch((error) => {
  progressLine.say(error instanceof Refusal ? error.message : String(error));
  process.exit(1);
});
