import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** Scripts that the page loads at once: those of index.html and all that they import statically. */
async function firstScripts(): Promise<Map<string, string>> {
  const html = await readFile(join(dist, 'index.html'), 'utf8');
  const waiting = [
    ...html.matchAll(/<(?:script|link rel="modulepreload")[^>]*(?:src|href)="([^"]+)"/g),
  ].map(([, path]) => join(dist, path!));
  const found = new Map<string, string>();
  for (const path of waiting) {
    if (found.has(path)) continue;
    const code = await readFile(path, 'utf8');
    found.set(path, code);
    for (const [, name] of code.matchAll(
      /(?:^|[;}\s])(?:import|export)(?:[\w$*{},\s]+from)?\s*["'](\.[^"']+)["']/g,
    ))
      waiting.push(join(dirname(path), name!));
  }
  return found;
}

test('the first load is at most 100 kB of compressed script, without tfjs', async () => {
  const scripts = await firstScripts();
  const entry = [...scripts.keys()].find((path) => /assets\/index-[^/]*\.js$/.test(path));
  expect(entry, 'the entry chunk').toBeDefined();
  const bytes = [...scripts.values()].map((code) => gzipSync(code).byteLength);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(100_000);
  for (const [path, code] of scripts) expect(code.includes('tensorflow'), path).toBe(false);
});

test('the page loads no other script but its worker', async ({ page }) => {
  const scripts = [...(await firstScripts()).keys()].map((path) => path.slice(dist.length));
  const loaded: string[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.endsWith('.js')) loaded.push(pathname.slice(1));
  });
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await page.waitForLoadState('networkidle');
  const others = loaded.filter((path) => !scripts.includes(path));
  expect(
    others.filter((path) => !/^(assets\/(worker|workbox-window)|sw|workbox)/.test(path)),
  ).toEqual([]);
});
