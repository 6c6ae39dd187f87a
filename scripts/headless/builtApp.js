import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { chromiumArgs, requireChromium } from '../chromium.js';
import { temporaryFolder } from './temporaryFolder.js';

/** @typedef {import('../../src/automation.ts').Automation} Automation */

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = [
  ...['src', 'public', 'index.html', 'csp.ts', 'package.json'],
  ...['svelte.config.js', 'tsconfig.json', 'vite.config.ts'],
];

/**
 * When a file, or the newest file below a folder, was changed; 0 when there is none.
 * @param {string} path
 * @returns {number}
 */
function changedAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  const inside = readdirSync(path).map((name) => changedAt(join(path, name)));
  return Math.max(stat.mtimeMs, ...inside);
}

/** Builds dist/ when it is missing or older than its sources. */
export async function ensureBuilt() {
  const newest = Math.max(...sources.map((name) => changedAt(join(root, name))));
  if (changedAt(join(root, 'dist/index.html')) >= newest) return;
  console.error('Building the app.');
  await build({ root, logLevel: 'error' });
}

/**
 * A TCP port that is free now.
 * @returns {Promise<number>}
 */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * The built app in headless Chromium, on a server and in a profile of its own; `close` removes both.
 * Downloads land in `downloadsPath`.
 * @param {{ downloadsPath?: string }} options
 */
export async function openBuiltApp({ downloadsPath } = {}) {
  await ensureBuilt();
  const profile = temporaryFolder(tmpdir(), 'stitchwork-profile-');
  const port = await freePort();
  const server = await preview({
    root,
    logLevel: 'error',
    preview: { host: '127.0.0.1', port, strictPort: true },
  });
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath: requireChromium(),
    args: chromiumArgs,
    headless: true,
    acceptDownloads: true,
    downloadsPath,
    serviceWorkers: 'block',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction(() => window.stitchwork !== undefined);
  return {
    context,
    page,
    async close() {
      await context.close();
      await server.close();
      profile.remove();
    },
  };
}
