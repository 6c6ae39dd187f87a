import { expect, type Page, test } from '@playwright/test';
import { tryDemo } from './support/demo.ts';

const box = async (page: Page, region: string) => {
  const found = await page.getByRole('region', { name: region, exact: true }).boundingBox();
  expect(found, region).not.toBeNull();
  return found!;
};
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('a wide window has the library and Merge side by side, a phone one below the other', async ({
  page,
}) => {
  await page.setViewportSize({ width: 2560, height: 1300 });
  await page.goto('/');
  await tryDemo(page);

  await page.goto('/#/library');
  const [checkpoints, data] = [await box(page, 'Checkpoints'), await box(page, 'Data')];
  expect(data.y).toBe(checkpoints.y);
  expect(data.x).toBeGreaterThan(checkpoints.x + checkpoints.width);
  expect(data.x + data.width - checkpoints.x).toBeGreaterThan(1800);

  await page.goto('/#/merge');
  const regions = ['Models', 'Method', 'Estimate'];
  const wide = await Promise.all(regions.map((region) => box(page, region)));
  expect(new Set(wide.map(({ y }) => y)).size).toBe(1);
  expect(wide.toSorted((a, b) => a.x - b.x)).toEqual(wide);

  await page.setViewportSize({ width: 390, height: 844 });
  const narrow = await Promise.all(['Estimate', 'Models', 'Method'].map((each) => box(page, each)));
  expect(narrow.toSorted((a, b) => a.y - b.y)).toEqual(narrow);
  expect(await overflow(page)).toBe(0);

  await page.goto('/#/library');
  expect(await overflow(page)).toBe(0);
  const name = page.getByRole('cell', { name: 'vision/numbers/head.safetensors', exact: true });
  expect((await name.boundingBox())?.height).toBeLessThan(40);
});
