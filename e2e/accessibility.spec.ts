import { expect, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { expectNoViolation } from './support/axe.ts';
import { ingestSuite, maskRows, putRecipe, suiteRecipe, usePicoSuite } from './support/suite.ts';
import { expectDemoResult } from './support/demo.ts';
import { openPart } from './support/result.ts';

const files = [makeCheckpoint('base', 0), makeCheckpoint('sentiment', 1)];
const suite = usePicoSuite();

test('views without models and with files are free of axe violations', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  await expectNoViolation(page, 'landing');
  for (const place of ['merge', 'results']) {
    await page.goto(`/#/${place}`);
    await expect(page.getByRole('heading', { level: 2 })).toBeVisible();
    await expectNoViolation(page, `${place}, empty`);
  }

  const broken = { name: 'broken.safetensors', mimeType: '', buffer: Buffer.from('no') };
  await page.goto('/#/library');
  await page.locator('#open-files').setInputFiles([...files, broken]);
  await expect(page.getByText(/tensors will merge/)).toBeVisible();
  await expectNoViolation(page, 'what you dropped');

  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('button', { name: 'sentiment', exact: true }).click();
  await page.getByRole('dialog').getByRole('searchbox').fill('query');
  await expectNoViolation(page, 'tensors');
});

test('views of models with data are free of axe violations and fit 390 px', async ({ page }) => {
  const check = async (view: string) => {
    await expectNoViolation(page, view);
    await page.setViewportSize({ width: 390, height: 844 });
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    // Figures take the new width a frame later.
    await expect.poll(width, { message: `${view}: width` }).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1280, height: 800 });
  };
  await page.goto('/');
  await ingestSuite(page, [suite.folder('base'), suite.folder('mood'), suite.folder('topic')]);
  await check('library with data');
  await putRecipe(page, suiteRecipe(['mood', 'topic'], 'epochs: 40'));
  await check('merge with data');
  await page.getByRole('button', { name: 'Change data: mood' }).click();
  await expect(page.getByText(/It was<mask> \./)).toBeVisible();
  await check('data of a model');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Localize with data' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await check('localizing');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await check('result to try');
  for (const part of ['Scores', 'Masks', 'Weights', 'Measure more', 'Save'] as const) {
    await openPart(page, part);
    if (part === 'Masks') await expect(maskRows(page)).toHaveCount(2);
    await check(`result: ${part}`);
    for (const button of await page.getByRole('button', { name: 'Table' }).all())
      await button.click();
    await check(`result: ${part}, as tables`);
  }
});

test('the glossary opens by ? on every place, and is searched', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the demo' })).toBeVisible();
  for (const place of ['library', 'merge', 'results', 'learn']) {
    await page.goto(`/#/${place}`);
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Glossary' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  await page.getByRole('button', { name: 'Glossary' }).click();
  const dialog = page.getByRole('dialog', { name: 'Glossary' });
  const search = dialog.getByRole('searchbox', { name: 'Search terms' });
  await expect(search).toBeFocused();
  await search.fill('precision recall');
  await expect(dialog.getByRole('term')).toHaveText(['F1']);
  await search.fill('?');
  await expect(search).toHaveValue('?');
  await search.fill('');
  await expectNoViolation(page, 'glossary');
});

test('all places work at 200 % zoom, in forced colours and without motion', async ({ page }) => {
  // 1440 by 900 pixels of a screen at twice the size.
  await page.setViewportSize({ width: 720, height: 450 });
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.goto('/');
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await expectDemoResult(page);
  const run = new URL(page.url()).hash;
  const places = [
    ...['', '/scores', '/masks', '/weights', '/more', '/save'].map((part) => run + part),
    ...['#/library', '#/merge', '#/results/compare', '#/results/history', '#/learn/1', '#/learn/5'],
  ];
  for (const place of places) {
    await page.goto(`/${place}`);
    const heading = page.getByRole('heading', { level: 1 });
    await expect(heading).toBeVisible();
    const found = await page.evaluate(() => {
      const main = document.querySelector('main')!;
      const moving = document.getAnimations().filter(({ effect }) => {
        const { duration } = effect!.getComputedTiming();
        return Number(duration) > 0;
      });
      const button = [...main.querySelectorAll('a.button, button.button')].find((each) =>
        each.checkVisibility(),
      );
      return {
        sideways: document.documentElement.scrollWidth - innerWidth,
        moving: moving.length,
        frame: button ? parseFloat(getComputedStyle(button).borderTopWidth) : 1,
      };
    });
    expect(found, place).toEqual({ sideways: 0, moving: 0, frame: expect.any(Number) });
    expect(found.frame, `a button of ${place} has a frame in forced colours`).toBeGreaterThan(0);
  }
});

test('a theme chosen by hand is remembered', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Use the dark theme' }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('a merge runs by Ctrl+Enter, is told in the title, and its result prints without controls', async ({
  page,
}) => {
  await page.goto('/');
  await ingestSuite(page, [suite.folder('base'), suite.folder('mood'), suite.folder('topic')]);
  await putRecipe(page, suiteRecipe(['mood', 'topic'], 'epochs: 40'));
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).press('Control+Enter');
  await expect(page).toHaveTitle(/^\d+ % · Merge · Stitchwork$/);
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await expect(page).toHaveTitle('Results · Stitchwork');
  await openPart(page, 'Scores');
  await page.getByRole('button', { name: 'Use the dark theme' }).click();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Table of scores' })).toBeVisible();
  for (const control of [
    page.getByRole('navigation', { name: 'Places' }),
    page.getByRole('button', { name: 'Change the recipe' }),
  ])
    await expect(control).toBeHidden();
  const ink = await page.evaluate(() => getComputedStyle(document.body).color);
  expect(ink).toBe('rgb(26, 27, 33)');
});
