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

test('the landing is painted within a second', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  const painted = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  console.log(`first contentful paint after ${painted?.toFixed(0)} ms`);
  expect(painted).toBeLessThan(1000);
});

test('scripts of other views come after the first paint, and none holds tfjs', async ({ page }) => {
  const scripts = [...(await firstScripts()).keys()].map((path) => path.slice(dist.length));
  const later: string[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.endsWith('.js') && !scripts.includes(pathname.slice(1))) later.push(pathname);
  });
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await expect.poll(() => later.filter((path) => path.includes('View-')).length).toBeGreaterThan(1);
  await page.waitForLoadState('networkidle');
  const early = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return performance
      .getEntriesByType('resource')
      .filter(({ name, startTime }) => name.endsWith('.js') && startTime < paint!.startTime)
      .map(({ name }) => new URL(name).pathname.slice(1));
  });
  expect(
    early.filter((path) => !scripts.includes(path) && !/^(assets\/work(er|box)|theme)/.test(path)),
  ).toEqual([]);
  for (const path of later.filter((each) => !/worker|workbox|sw\.js/.test(each)))
    expect(await readFile(join(dist, path), 'utf8'), path).not.toContain('tensorflow');
});

test('a view whose script does not arrive says so and what to do', async ({ page }) => {
  await page.route('**/MergeView-*.js', (route) => route.abort());
  await page.goto('/#/merge');
  await expect(page.getByText('This view could not be loaded')).toBeVisible();
  await page.unroute('**/MergeView-*.js');
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('heading', { name: 'Merge', level: 1 })).toBeVisible();
});
