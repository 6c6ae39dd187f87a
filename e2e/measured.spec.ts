import { expect, test } from '@playwright/test';
import type { Measured } from '../src/api/measured.ts';
import { isOf } from '../src/state/measuredDemo.ts';
import { bars } from './support/lessons.ts';

for (const which of ['vision', 'text'] as const)
  test(`what was measured of the demo of ${which} beforehand is what the page measures`, async ({
    page,
  }) => {
    await page.goto('/');
    const json = async <T>(name: string): Promise<T> =>
      (await page.request.get(`demo/${which}/${name}`)).json() as Promise<T>;
    const measured = await json<Measured>('measured.json');
    expect(isOf(measured, await json('files.json'))).toBe(true);
    expect(measured.models.length).toBeGreaterThan(200);

    const sample = measured.models.filter((_, i) => i % 40 === 7);
    const live = await page.evaluate(
      async ({ which, sample, masks }) => {
        const { engine } = window.stitchwork!;
        const quiet = () => undefined;
        const folder = new URL('demo/', document.baseURI).href;
        const { recipe, extra, told } = await engine.loadDemo('e2e', folder, which, quiet);
        const info = await engine.lab.open('e2e', { recipe, extra, told }, quiet);
        const models: Measured['models'] = [];
        for (const { model, right } of sample) {
          const scores = await engine.lab.score(
            'e2e',
            model,
            right.map(([task]) => task),
            quiet,
          );
          models.push({
            model,
            changed: await engine.lab.changed(model),
            right: scores.map(({ task, right }) => [task, right]),
          });
        }
        const [vector, overlap] = [await engine.lab.vector(1), await engine.lab.overlap(masks)];
        return { info, models, vector, overlap };
      },
      { which, sample, masks: measured.overlaps[3]!.masks },
    );
    expect(live).toEqual({
      ...{ info: measured.info, models: sample },
      ...{ vector: measured.vectors[1], overlap: measured.overlaps[3]!.overlap },
    });
  });

test('a lesson shows what was measured before the models are fetched, and lives when they are', async ({
  page,
}) => {
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route('**/demo/vision/*/*', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/#/learn/1');
  await expect(bars(page)).toHaveCount(2);
  const note = page.getByText(/^On all [\d,]+ test examples/);
  await expect(note).toContainText('measured beforehand');
  await expect(page.getByRole('figure', { name: /moved/ }).first()).toBeVisible();
  const slider = page.getByRole('slider', { name: 'Share put back' });
  const now = () => bars(page).nth(1).getByRole('cell').first().innerText();
  const base = await now();
  await slider.fill('1');
  await expect.poll(now).not.toBe(base);
  // On the page, wherever that is scrolled to.
  const place = () => slider.evaluate((each) => each.getBoundingClientRect().top + scrollY);
  const before = await place();

  await page.goto('/#/learn/2');
  await page.getByRole('slider').first().fill('0.85');
  await expect(page.getByText(/This one is measured when the models are here/)).toBeVisible();
  go();
  await expect(note).toBeVisible({ timeout: 60_000 });
  await expect(note).not.toContainText('beforehand');

  // Nothing moved when the models came.
  await page.goto('/#/learn/1?alpha=1');
  await expect(note).toBeVisible();
  expect(await place()).toBe(before);
});
