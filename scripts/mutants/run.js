import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.js';

/** @import { Mutant, Runner } from './mutants.js' */
/** @typedef {{ runner: Runner, files: string[] }} Suite */
/**
 * Of test files: whether any test ran and none failed, and the names of those that failed.
 * @typedef {{ passed: boolean, failed: string[] }} Outcome
 */
/** @typedef {{ title: string, ok: boolean }} Spec */
/** @typedef {{ specs?: Spec[], suites?: Block[] }} Block */
/**
 * What Playwright's JSON reporter writes, as far as it is read here.
 * @typedef {{ suites: Block[], stats: { expected: number, unexpected: number } }} PlaywrightReport
 */

const usage = `npm run mutants -- [ID…] [--area AREA] [--runner unit|gpu|e2e] [--list] [--check] [--no-baseline]

Makes each mutant of the production code in turn, runs those tests of npm test that must fail on it, and puts the file back.
Exits with 1 when one survives, when its snippet does not stand in its file exactly once, or when its tests are not there.

  ID…            these mutants alone
  --area         those of an area: ${[...new Set(mutants.map(areaOf))].join(', ')}
  --runner       those whose tests this runner runs
  --list         print the table and run nothing
  --check        only see that snippets and tests are where the table says
  --no-baseline  do not first run the tests on the code as it is`;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const reports = mkdtempSync(join(tmpdir(), 'stitchwork-mutants-'));
// A test that the deep suite alone has is not what a mutant is killed by.
process.env.DEEP = '';
/** Milliseconds that a test may take, so that a busy machine kills no mutant. */
const patience = 180_000;
const late = /timed out/i;
/** @type {Map<string, string>} */
const originals = new Map();
/** @type {Map<Runner, import('vitest/node').Vitest>} */
const runners = new Map();

process.on('exit', () => {
  restore();
  rmSync(reports, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => process.exit(130));

process.exitCode = await main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
await Promise.all([...runners.values()].map((each) => each.close()));

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      area: { type: 'string' },
      runner: { type: 'string' },
      list: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      baseline: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  const chosen = mutants.filter(
    (mutant) =>
      (positionals.length === 0 || positionals.includes(mutant.id)) &&
      (values.area === undefined || values.area === areaOf(mutant)) &&
      (values.runner === undefined || suitesOf(mutant).some((s) => s.runner === values.runner)),
  );
  if (values.help) return say(usage);
  if (chosen.length === 0) return say(`No such mutant.\n\n${usage}`, 1);
  const faults = [...twice(mutants.map(({ id }) => id)), ...chosen.flatMap(misplaced)];
  if (faults.length > 0) return say(faults.join('\n'), 1);
  if (values.check) return say(`${chosen.length} mutants are where the table says.`);
  if (values.list) return say(table(chosen.map((mutant) => [...rowOf(mutant), mutant.what])));

  if (values.baseline) {
    const odd = await failing(chosen.flatMap(suitesOf));
    if (odd.length > 0) return say(`These fail on the code as it is:\n${odd.join('\n')}`, 1);
  }
  const rows = [];
  let survivors = 0;
  for (const mutant of chosen) {
    const begun = Date.now();
    const killer = await killerOf(mutant);
    if (killer === null) survivors++;
    const seconds = `${Math.round((Date.now() - begun) / 1000)} s`;
    const row = [...rowOf(mutant), seconds, killer === null ? 'SURVIVED' : `killed: ${killer}`];
    rows.push(row);
    console.log(row.join('  '));
  }
  console.log(`\n${table(rows)}\n\n${rows.length - survivors} killed, ${survivors} survived`);
  return survivors > 0 ? 1 : 0;
}

/** @param {string} text */
function say(text, status = 0) {
  console.log(text);
  return status;
}

/** @param {Mutant} mutant */
function areaOf({ id }) {
  return id.split('/')[0] ?? '';
}

/**
 * @param {Mutant} mutant
 * @returns {Suite[]}
 */
function suitesOf({ killedBy }) {
  const runners = /** @type {Runner[]} */ (Object.keys(killedBy));
  return runners.map((runner) => ({ runner, files: killedBy[runner] ?? [] }));
}

/** @param {Mutant} mutant */
function rowOf(mutant) {
  const tests = suitesOf(mutant).map(({ runner, files }) => `${runner} ${files.join(' ')}`);
  return [mutant.id, mutant.file, tests.join(', ')];
}

/** @param {string[][]} rows */
function table(rows) {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, at) => cell.padEnd(widths?.[at] ?? 0)).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** @param {string[]} ids */
function twice(ids) {
  return ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id} is listed twice.`);
}

/** @param {Mutant} mutant */
function misplaced({ id, file, from, to, killedBy }) {
  const path = join(root, file);
  const count = existsSync(path) ? readFileSync(path, 'utf8').split(from).length - 1 : 0;
  const tests = Object.values(killedBy).flat();
  return [
    ...(count === 1 ? [] : [`${id}: the snippet stands ${count} times in ${file}, and not once.`]),
    ...(from === to ? [`${id} changes nothing.`] : []),
    ...(tests.length === 0 ? [`${id} has no tests.`] : []),
    ...tests.filter((test) => !isFast(test)).map((test) => `${id}: npm test has no ${test}.`),
  ];
}

/** @param {string} test */
function isFast(test) {
  return existsSync(join(root, test)) && !test.startsWith('e2e/deep/');
}

/**
 * The first test that fails on a mutant, null when none does.
 * @param {Mutant} mutant
 */
async function killerOf(mutant) {
  const path = join(root, mutant.file);
  const original = readFileSync(path, 'utf8');
  originals.set(path, original);
  write(path, original.split(mutant.from).join(mutant.to));
  try {
    for (const suite of suitesOf(mutant)) {
      const [failed] = (await outcomeOf(suite)).failed;
      if (failed !== undefined) return failed;
    }
    return null;
  } finally {
    restore();
  }
}

function restore() {
  for (const [path, text] of originals) write(path, text);
  originals.clear();
}

/**
 * The runners whose tests among these do not all pass, with the tests that fail.
 * @param {Suite[]} suites
 */
async function failing(suites) {
  /** @type {string[]} */
  const odd = [];
  for (const runner of /** @type {Runner[]} */ (['unit', 'gpu', 'e2e'])) {
    const own = suites.filter((suite) => suite.runner === runner);
    const files = [...new Set(own.flatMap((suite) => suite.files))];
    if (files.length === 0) continue;
    console.log(`On the code as it is: ${runner} ${files.join(' ')}`);
    const { passed, failed } = await outcomeOf({ runner, files });
    if (!passed) odd.push(`${runner}: ${failed.join(', ') || 'no test ran'}`);
  }
  return odd;
}

/**
 * @param {Suite} suite
 * @returns {Promise<Outcome>}
 */
function outcomeOf({ runner, files }) {
  return runner === 'e2e' ? playwright(files) : vitest(runner, files);
}

/**
 * A file that does not load fails no test of its own; a test that takes too long, as on a busy machine, tells nothing.
 * @param {'unit' | 'gpu'} project
 * @param {string[]} files
 * @returns {Promise<Outcome>}
 */
async function vitest(project, files) {
  const opened = runners.get(project) ?? (await openVitest(project));
  runners.set(project, opened);
  const specifications = await opened.globTestSpecifications(files);
  const { testModules: modules } = await opened.runTestSpecifications(specifications);
  // Those of earlier runs are among them.
  const testModules = modules.filter(({ relativeModuleId }) => files.includes(relativeModuleId));
  const tests = testModules.flatMap((module) => [...module.children.allTests()]);
  const failed = tests
    .filter((test) => test.result().errors?.some(({ message }) => !late.test(message)))
    .map(({ fullName }) => fullName);
  const passed = testModules.length > 0 && testModules.every((module) => module.ok());
  return { passed, failed };
}

/**
 * Vitest in this process: to start it for every mutant would take longer than most tests. It stops at the first failure.
 * @param {'unit' | 'gpu'} project
 */
async function openVitest(project) {
  const { createVitest } = await import('vitest/node');
  const quiet = { reporters: [{}], silent: true };
  const run = { watch: false, bail: 1, testTimeout: patience, project: [project] };
  return createVitest('test', { root, ...run, ...quiet });
}

/**
 * Writes a source file, of which no runner shall keep what it was.
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  writeFileSync(path, text);
  for (const opened of runners.values()) opened.invalidateFile(path);
}

/**
 * @param {string[]} files
 * @returns {Promise<Outcome>}
 */
async function playwright(files) {
  if ((await npx(['vite', 'build', '--logLevel', 'error'])) !== 0)
    throw new Error('The mutant does not build.');
  const report = join(reports, 'playwright.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  await npx(['playwright', 'test', '-x', ...files], env);
  const { suites, stats } = taken(report);
  const failed = suites.flatMap(specsOf).filter(({ ok }) => !ok);
  const passed = stats.expected > 0 && stats.unexpected === 0;
  return { passed, failed: stats.unexpected > 0 ? failed.map(({ title }) => title) : [] };
}

/**
 * @param {Block} block
 * @returns {Spec[]}
 */
function specsOf({ specs = [], suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/**
 * What a report tells; the file is removed, so that no later run is taken for this one.
 * @param {string} file
 * @returns {PlaywrightReport}
 */
function taken(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return report;
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
async function npx(args, env = {}) {
  const child = spawn('npx', args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
  const [status] = await once(child, 'close');
  return status;
}
