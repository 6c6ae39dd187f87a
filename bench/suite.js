import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** @typedef {import('./suite/measureSuite.ts').SuiteFigures} SuiteFigures */

/**
 * Accuracies of all localizers and of what they compare with, in Node on the suite that scripts/makeSuite.py makes.
 * @param {{ folder?: string }} [options]
 * @returns {Promise<SuiteFigures>}
 */
export async function benchSuite({
  folder = fileURLToPath(new URL('../e2e/fixtures/suite', import.meta.url)),
} = {}) {
  if (!existsSync(join(folder, 'recipe.yml')))
    throw new Error(`There is no suite in ${folder}. Make it with scripts/makeSuite.py.`);
  const vite = await createServer({
    configFile: false,
    optimizeDeps: { noDiscovery: true },
    logLevel: 'error',
    server: { middlewareMode: true },
  });
  try {
    const { measureSuite } = await vite.ssrLoadModule('/bench/suite/measureSuite.ts');
    return await measureSuite(folder, (/** @type {string} */ line) => console.error(`  ${line}`));
  } finally {
    await vite.close();
  }
}
