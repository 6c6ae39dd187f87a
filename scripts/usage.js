import { parseArgs } from 'node:util';

/**
 * What a script was called with. `--help` prints its usage and ends it with 0; a call that does not fit ends it as `refuse` does.
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {string} usage
 * @param {Config} config
 * @returns {ReturnType<typeof parseArgs<Config>>}
 */
export function readArguments(usage, config) {
  const given = process.argv.slice(2);
  if (given.includes('--help') || given.includes('-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    // The first sentence says what is wrong; the others explain node's syntax.
    const [problem = ''] = String(error instanceof Error ? error.message : error).split('. ');
    return refuse(usage, `${problem.replace(/\.$/, '')}.`);
  }
}

/**
 * Ends the script with 1 after a line that says what is wrong with its call, and its usage.
 * @param {string} usage
 * @param {string} problem
 * @returns {never}
 */
export function refuse(usage, problem) {
  console.error(`${problem}\n\n${usage}`);
  process.exit(1);
}
