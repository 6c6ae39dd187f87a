import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number }} Count */
/**
 * What Vitest's JSON reporter writes, as far as it is read here.
 * @typedef {{ numTotalTests: number, numPassedTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[] }} VitestReport
 */

/**
 * @param {Count} count
 * @param {boolean} ok
 */
const orFailed = ({ passed, failed }, ok) => ({
  passed,
  failed: failed || (ok && passed ? 0 : 1),
});

/**
 * Counts a runner's report; a runner that crashed or ran nothing is one failure.
 * @template Report
 * @param {string} file
 * @param {boolean} ok
 * @param {(report: Report) => Count} read
 * @returns {Count}
 */
export function count(file, ok, read) {
  try {
    return orFailed(read(JSON.parse(readFileSync(file, 'utf8'))), ok);
  } catch (error) {
    console.error(`No report of this runner: ${error instanceof Error ? error.message : error}`);
    return { passed: 0, failed: 1 };
  }
}

/**
 * @param {VitestReport} report
 * @returns {Count}
 */
export function countVitest(report) {
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests - report.numPassedTests + unloaded.length,
  };
}

/** Arguments that have Vitest write its report to a file too. @param {string} file */
export const vitestReport = (file) => [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${file}`,
];

/**
 * Prints the line that a runner ends with, and sets its exit status.
 * @param {readonly Count[]} counts
 */
export function close(counts) {
  const passed = counts.reduce((sum, each) => sum + each.passed, 0);
  const failed = counts.reduce((sum, each) => sum + each.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/**
 * What the last line of such a runner counts; one that ended otherwise or ran nothing is one failure.
 * @param {string} output
 * @param {boolean} ok
 * @returns {Count}
 */
export function countClosing(output, ok) {
  const [, passed, failed] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
  return orFailed({ passed: Number(passed ?? 0), failed: Number(failed ?? 0) }, ok);
}
