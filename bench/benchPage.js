import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { chromiumArgs, requireChromium } from '../scripts/chromium.js';

/**
 * Opens a page of this folder, served from source, in real Chromium with a profile on disk, once it has set the global `ready`.
 * @param {string} path
 * @param {string} ready
 */
export async function openBenchPage(path, ready) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({
    root,
    logLevel: 'error',
    // Found while the page runs, they would reload it.
    optimizeDeps: {
      entries: ['bench/localize/*.ts'],
      include: [
        '@tensorflow/tfjs',
        '@tensorflow/tfjs-backend-webgpu',
        '@tensorflow/tfjs-backend-wasm',
      ],
    },
    server: { port: 0, hmr: false },
  });
  await server.listen();
  const folder = mkdtempSync(join(tmpdir(), 'stitchwork-bench-'));
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: requireChromium(),
    args: chromiumArgs,
  });
  const close = async () => {
    await context.close();
    await server.close();
    rmSync(folder, { recursive: true });
  };
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${server.resolvedUrls?.local[0]}${path}`);
    await page.waitForFunction((name) => name in globalThis, ready);
    return { page, context, browser: context.browser()?.version() ?? '', close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
