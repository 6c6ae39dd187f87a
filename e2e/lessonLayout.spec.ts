import { expect, type Locator, type Page, test } from '@playwright/test';
import { loadMs, methodRows } from './support/lessons.ts';
import { useOnePage } from './support/onePage.ts';

const slider = (name: string) => (page: Page) => page.getByRole('slider', { name, exact: true });
const button = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true });
const figure = (page: Page) => page.getByRole('figure').first();

/** How much wider than the window the page is, in CSS pixels. */
const sideways = () => document.documentElement.scrollWidth - innerWidth;

/** What is shown in each lesson, and what is moved or pressed for it. */
const lessons: { shown: (page: Page) => Locator; controls: ((page: Page) => Locator)[] }[] = [
  { shown: figure, controls: [slider('Share put back')] },
  { shown: figure, controls: [button('Add all at 0.4'), slider('Digits'), slider('Scenes')] },
  { shown: figure, controls: [slider('Density slider')] },
  { shown: figure, controls: [button('Find the mask'), slider('Density slider')] },
  { shown: figure, controls: [button('Add all'), button('Find all masks')] },
  {
    shown: (page) => page.getByRole('heading', { name: 'No files yet' }),
    controls: [button('Make the files')],
  },
];

test.describe('of lessons', () => {
  const shared = useOnePage();

  for (const size of [
    { width: 1280, height: 720 },
    { width: 1920, height: 1080 },
  ])
    test(`presenting at ${size.width} × ${size.height} shows control and figure together`, async () => {
      const page = shared();
      await page.addInitScript(() => {
        Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('refused'));
      });
      await page.setViewportSize(size);
      await page.goto('/');
      await page.goto('/#/learn/1');
      await page.getByRole('button', { name: 'Present' }).click();
      for (const [i, { shown, controls }] of lessons.entries()) {
        await test.step(`lesson ${i + 1}`, async () => {
          await expect(page).toHaveURL(new RegExp(`#/learn/${i + 1}`));
          await expect(shown(page)).toBeVisible({ timeout: loadMs });
          const guess = page.getByRole('group', { name: /^Guess:/ });
          await guess.getByRole('radio').first().check();
          for (const each of [shown, ...controls])
            await expect(each(page)).toBeInViewport({ ratio: 1 });
          expect(await page.evaluate(() => scrollY)).toBe(0);
          await expect(page.getByRole('button', { name: /^(Table|SVG|PNG|CSV)$/ })).toHaveCount(0);
        });
        await page.keyboard.press('PageDown');
      }
      await page.keyboard.press('Escape');
      await page.goto('/#/learn/1');
      await expect(page.getByRole('button', { name: 'SVG' }).first()).toBeVisible();
    });

  test('on a phone no name of a method breaks, and the page does not scroll sideways', async () => {
    const page = shared();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/#/learn/5');
    const names = methodRows(page).getByRole('rowheader');
    await expect(names).toHaveCount(4, { timeout: loadMs });
    const lines = await names.evaluateAll((heads) =>
      heads.map((head) => {
        const range = document.createRange();
        range.selectNodeContents(head);
        return new Set([...range.getClientRects()].map(({ top }) => top)).size;
      }),
    );
    expect(lines).toEqual([1, 1, 1, 1]);
    expect(await page.evaluate(sideways)).toBeLessThanOrEqual(0);
  });

  test('on a phone the bars stay in sight of the slider that moves them', async () => {
    const page = shared();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [lesson, name] of [
      [1, 'Share put back'],
      [2, 'Scenes'],
      [3, 'Density slider'],
      [4, 'Density slider'],
    ] as const) {
      await page.goto(`/#/learn/${lesson}`);
      await expect(figure(page)).toBeVisible({ timeout: loadMs });
      const moved = slider(name)(page);
      await moved.focus();
      await moved.press('ArrowRight');
      await expect(moved).toBeInViewport({ ratio: 1 });
      const chart = figure(page).locator('svg').first();
      await expect(chart).toBeInViewport({ ratio: 1 });
      const [bars, control] = [await figure(page).boundingBox(), await moved.boundingBox()];
      expect(bars!.y + bars!.height).toBeLessThanOrEqual(control!.y);
      expect(await page.evaluate(sideways)).toBeLessThanOrEqual(0);
    }
  });
});
