import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { close, count, countVitest, vitestReport } from './counts.js';
import { installs } from './installs.js';
import { readArguments } from './usage.js';

// Fetched when it is first asked for: it weighs as much as half of what npm ci installs, and one suite needs it.
const pinned = 'deno@2.9.6';

const { positionals: paths } = readArguments(
  `npm run test:wgpu -- [PATH...]

Runs the GPU tests that need no page on wgpu, the WebGPU of Firefox and Deno, where npm run gpu runs them on Chromium's:
every kernel with its cases, golden merges with every set of constants, every localizer, the outputs and gradients of
every model. It ends with how many passed.
  PATH  only tests of these files or folders
  DEEP=1 in the environment takes all golden recipes, and large sizes
DENO in the environment is the path of the Deno to use; without it npx fetches ${pinned}. It needs a Vulkan driver on
Linux, and no GPU: Debian's mesa-vulkan-drivers computes in software.`,
  { allowPositionals: true },
);

const folder = mkdtempSync(join(tmpdir(), 'stitchwork-wgpu-'));
const [deno, ...before] = process.env.DENO ? [process.env.DENO] : ['npx', '--yes', pinned];

/**
 * Runs Deno to its end.
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 */
async function runDeno(args, stdio) {
  const child = spawn(deno, [...before, ...args], {
    stdio,
    // Not OpenGL, on which wgpu falls back; and a Vulkan driver that has no runtime folder complains at every start.
    env: { DENO_WEBGPU_BACKEND: 'vulkan,metal,dx12', XDG_RUNTIME_DIR: folder, ...process.env },
    shell: process.platform === 'win32',
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  const [status] = await once(child, 'close').catch((error) => [String(error)]);
  return { ok: status === 0, output: output.trim() };
}

/** Name of the adapter that wgpu finds, empty when there is none; throws when Deno does not start. */
async function findAdapter() {
  const script = join(import.meta.dirname, 'wgpuAdapter.js');
  const { ok, output } = await runDeno(
    ['run', '--no-lock', '--unstable-webgpu', script],
    ['ignore', 'pipe', 'inherit'],
  );
  if (!ok)
    throw new Error(
      `Deno did not start: install it (https://deno.com) and set DENO to its path, or let npx fetch ${pinned} over the network.`,
    );
  return output;
}

try {
  let adapter = await findAdapter();
  if (!adapter && installs('mesa-vulkan-drivers')) adapter = await findAdapter();
  if (!adapter)
    throw new Error(
      'wgpu finds no adapter. Install a Vulkan driver: on Debian, apt-get install mesa-vulkan-drivers.',
    );
  console.log(`wgpu on ${adapter}`);
  const report = join(folder, 'wgpu.json');
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const { ok } = await runDeno(
    [
      'run',
      '--no-lock',
      '--allow-all',
      '--unstable-webgpu',
      vitest,
      'run',
      '--project',
      'wgpu',
    ].concat(vitestReport(report), paths),
    ['ignore', 'inherit', 'inherit'],
  );
  close([count(report, ok, countVitest)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  close([{ passed: 0, failed: 1 }]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
