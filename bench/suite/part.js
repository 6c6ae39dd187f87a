import { parentPort, workerData } from 'node:worker_threads';
import { createServer } from 'vite';

// Measures the parts of the suite bench that it is asked for, one message each.
const vite = await createServer({
  configFile: false,
  optimizeDeps: { noDiscovery: true },
  logLevel: 'error',
  server: { middlewareMode: true, ws: false },
});
const { openSuiteBench } = await vite.ssrLoadModule('/bench/suite/measureSuite.ts');
/** @type {Awaited<ReturnType<typeof import('./measureSuite.ts').openSuiteBench>>} */
const bench = await openSuiteBench(workerData.folder);
parentPort?.on('message', async (/** @type {import('../suite.js').Part | null} */ part) => {
  if (part === null) {
    await vite.close();
    process.exit();
  }
  const models = part === 'models' ? await bench.models() : [];
  const rows = part === 'models' ? [] : await bench.rows(part);
  parentPort?.postMessage({ facts: bench.facts, models, rows });
});
