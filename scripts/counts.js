import { readFileSync } from 'node:fs';

/**
 * How many tests passed and failed, and what is known of those that failed.
 * @typedef {{ passed: number, failed: number, faults?: string[] }} Count
 */
/**
 * What Vitest's JSON reporter writes, as far as it is read here.
 * @typedef {{ name: string, status: string, message: string,
 *   assertionResults: { fullName: string, status: string, failureMessages?: string[] | null }[] }} VitestFile
 * @typedef {{ numTotalTests: number, numPassedTests: number, testResults: VitestFile[] }} VitestReport
 */

/**
 * @param {Count} count
 * @param {boolean} ok
 */
const orFailed = ({ passed, failed, faults }, ok) => ({
  passed,
  ...(faults && { faults }),
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
  const faults = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(
        ({ fullName, failureMessages }) => `${name}: ${fullName}\n${failureMessages?.[0] ?? ''}`,
      ),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests - report.numPassedTests + unloaded.length,
    faults: [...faults, ...unloaded.map(({ name, message }) => `${name}\n${message}`)],
  };
}

/** Arguments that have Vitest write its report to a file too. @param {string} file */
export const vitestReport = (file) => [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${file}`,
];

/** Most letters that are told of a fault. */
const mostLetters = 2000;

/**
 * Prints what failed and the line that a runner ends with, and sets its exit status.
 * @param {readonly Count[]} counts
 */
export function close(counts) {
  const passed = counts.reduce((sum, each) => sum + each.passed, 0);
  const failed = counts.reduce((sum, each) => sum + each.failed, 0);
  for (const fault of counts.flatMap(({ faults = [] }) => faults))
    console.log(`\nFailed: ${fault.slice(0, mostLetters)}`);
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
