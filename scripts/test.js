import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChromium } from './chromium.js';
import { readArguments } from './usage.js';

/** @typedef {{ passed: number, failed: number }} Count */
/**
 * What Vitest's JSON reporter writes, as far as it is read here.
 * @typedef {{ numTotalTests: number, numPassedTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[] }} VitestReport
 */
/**
 * What Playwright's JSON reporter writes, as far as it is read here.
 * @typedef {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number } }} PlaywrightReport
 */

const { deep } = readArguments(
  `npm test
npm run test:deep

Runs lint, types, unit tests, the build, GPU tests and end-to-end tests in a real Chromium, and ends with how many passed.
  --deep  with all golden recipes on the GPU, large sizes and e2e/deep/; what npm run test:deep gives
CHROMIUM in the environment is the path of the Chrome or Chromium to use.`,
  { options: { deep: { type: 'boolean' } } },
).values;

const reports = mkdtempSync(join(tmpdir(), 'stitchwork-test-'));

/**
 * Runs an npm script; true when it exits with 0. Beside others its output follows when it has ended.
 * @param {string} script
 * @param {{ args?: string[], env?: Record<string, string>, alone?: boolean }} options
 */
async function runs(script, { args = [], env = {}, alone = false } = {}) {
  const header = `\n── ${script} ──`;
  if (alone) console.log(header);
  const stdio = alone ? 'inherit' : 'pipe';
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, ...(deep && { DEEP: '1' }), ...env },
    shell: process.platform === 'win32',
  });
  const output = [header, '\n'];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => output.push(text));
  const [status] = await once(child, 'close').catch((error) => [String(error)]);
  if (!alone) console.log(output.join(''));
  if (typeof status === 'string') console.error(status);
  return status === 0;
}

/**
 * Counts a runner's report; a runner that crashed or ran nothing is one failure.
 * @template Report
 * @param {string} file
 * @param {boolean} ok
 * @param {(report: Report) => Count} read
 * @returns {Count}
 */
function count(file, ok, read) {
  try {
    const { passed, failed } = read(JSON.parse(readFileSync(file, 'utf8')));
    return { passed, failed: failed || (ok && passed ? 0 : 1) };
  } catch (error) {
    console.error(`No report of this runner: ${error instanceof Error ? error.message : error}`);
    return { passed: 0, failed: 1 };
  }
}

/** @param {VitestReport} report */
function countVitest(report) {
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests - report.numPassedTests + unloaded.length,
  };
}

/** @param {PlaywrightReport} report */
function countPlaywright({ stats }) {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped };
}

/**
 * @param {string} script
 * @returns {Promise<Count>}
 */
async function check(script) {
  return (await runs(script)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @param {'unit' | 'gpu'} project */
async function vitest(project) {
  const file = join(reports, `${project}.json`);
  const args = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return count(file, await runs(project, { args }), countVitest);
}

async function playwright() {
  const file = join(reports, 'e2e.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: file };
  return count(file, await runs('e2e', { env, alone: true }), countPlaywright);
}

requireChromium();
// What needs no browser goes beside the GPU's tests, which leave a part of the processor idle.
const [plain, gpu] = await Promise.all([
  inTurn(
    () => check('lint'),
    () => check('types'),
    () => vitest('unit'),
  ),
  inTurn(
    () => check('build'),
    () => vitest('gpu'),
  ),
]);
const counts = [...plain, ...gpu, await playwright()];
rmSync(reports, { recursive: true, force: true });

const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** @param {(() => Promise<Count>)[]} parts */
async function inTurn(...parts) {
  const counts = [];
  for (const part of parts) counts.push(await part());
  return counts;
}
