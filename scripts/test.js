import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChromium } from './chromium.js';

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

const reports = mkdtempSync(join(tmpdir(), 'stitchwork-test-'));

/**
 * Runs an npm script with its output on ours; true when it exits with 0.
 * @param {string} script
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function runs(script, args = [], env = {}) {
  console.log(`\n── ${script} ──`);
  const { status, error } = spawnSync('npm', ['run', '--silent', script, '--', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  if (error) console.error(error.message);
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
 * @returns {Count}
 */
function check(script) {
  return runs(script) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @param {'unit' | 'gpu'} project */
function vitest(project) {
  const file = join(reports, `${project}.json`);
  const args = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return count(file, runs(project, args), countVitest);
}

function playwright() {
  const file = join(reports, 'e2e.json');
  return count(file, runs('e2e', [], { PLAYWRIGHT_JSON_OUTPUT_FILE: file }), countPlaywright);
}

requireChromium();
const counts = [check('lint'), check('types'), check('build')];
counts.push(vitest('unit'), vitest('gpu'), playwright());
rmSync(reports, { recursive: true, force: true });

const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
