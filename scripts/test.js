import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChromium } from './chromium.js';
import { close, count, countClosing, countVitest, vitestReport } from './counts.js';
import { requireFirefox } from './firefox.js';
import { readArguments } from './usage.js';

/** @typedef {import('./counts.js').Count} Count */
/**
 * What Playwright's JSON reporter writes, as far as it is read here.
 * @typedef {{ title: string, suites?: PlaywrightSuite[], specs?: { title: string, ok: boolean }[] }} PlaywrightSuite
 * @typedef {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number },
 *   suites: PlaywrightSuite[] }} PlaywrightReport
 */

const { deep } = readArguments(
  `npm test
npm run test:deep

Runs lint, types, unit tests, the build, GPU tests and end-to-end tests in a real Chromium, and ends with how many passed.
  --deep  with all golden recipes on the GPU, large sizes, a second WebGPU, e2e/deep/ and Firefox; what npm run test:deep gives
CHROMIUM and FIREFOX in the environment are the paths of those to use.`,
  { options: { deep: { type: 'boolean' } } },
).values;

const reports = mkdtempSync(join(tmpdir(), 'stitchwork-test-'));

/**
 * Runs an npm script; ok when it exits with 0. Beside others its output follows when it has ended.
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
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  const [status] = await once(child, 'close').catch((error) => [String(error)]);
  if (!alone) console.log(`${header}\n${output}`);
  if (typeof status === 'string') console.error(status);
  return { ok: status === 0, output };
}

/** @param {PlaywrightReport} report */
function countPlaywright({ stats, suites }) {
  const failed = stats.unexpected + stats.flaky + stats.skipped;
  return { passed: stats.expected, failed, faults: suites.flatMap(faultsIn) };
}

/** @param {PlaywrightSuite} suite @returns {string[]} */
const faultsIn = ({ title, suites = [], specs = [] }) => [
  ...specs.filter(({ ok }) => !ok).map((spec) => `${title} › ${spec.title}`),
  ...suites.flatMap(faultsIn),
];

/**
 * @param {string} script
 * @returns {Promise<Count>}
 */
async function check(script) {
  const { ok, output } = await runs(script);
  return { passed: Number(ok), failed: Number(!ok), faults: ok ? [] : [`${script}\n${output}`] };
}

/**
 * Of a script that ends with how many passed.
 * @param {string} script
 */
async function closing(script) {
  const { ok, output } = await runs(script);
  return countClosing(output, ok);
}

/** @param {'unit' | 'gpu'} project */
async function vitest(project) {
  const file = join(reports, `${project}.json`);
  const { ok } = await runs(project, { args: vitestReport(file) });
  return count(file, ok, countVitest);
}

/** @param {'e2e' | 'test:firefox'} script */
async function playwright(script) {
  const file = join(reports, `${script.replace(':', '-')}.json`);
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: file };
  const { ok } = await runs(script, { env, alone: true });
  return count(file, ok, countPlaywright);
}

requireChromium();
if (deep) requireFirefox();
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
    ...(deep ? [() => closing('test:wgpu')] : []),
  ),
]);
const pages = await inTurn(
  () => playwright('e2e'),
  ...(deep ? [() => playwright('test:firefox')] : []),
);
rmSync(reports, { recursive: true, force: true });
close([...plain, ...gpu, ...pages]);

/** @param {(() => Promise<Count>)[]} parts */
async function inTurn(...parts) {
  const counts = [];
  for (const part of parts) counts.push(await part());
  return counts;
}
