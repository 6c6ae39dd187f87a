import { spawnSync } from 'node:child_process';
import { readArguments, refuse } from './usage.js';

// Several commands in one npm script: npm would hand --help to the last of them, after the others have run.
const [command = ''] = process.argv.slice(2);
const usage = `npm run ${process.env.npm_lifecycle_event}

Runs ${command}`;

const { positionals } = readArguments(usage, { allowPositionals: true });
if (positionals.length !== 1) refuse(usage, 'It takes no arguments.');
process.exitCode = spawnSync(command, { shell: true, stdio: 'inherit' }).status ?? 1;
