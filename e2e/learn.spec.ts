import { expect, type Page, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { useOnePage } from './support/onePage.ts';
import { ingestSuite, putRecipe, suiteRecipe, usePicoSuite } from './support/suite.ts';

const loadMs = 60_000;
const scoreMs = 150_000;

/** Opens a moment of a lesson and waits until its bars show all test examples. */
async function openMoment(page: Page, link: string) {
  await page.goto(`/#/learn/${link}`);
  await expect(page.getByRole('figure').first()).toBeVisible({ timeout: loadMs });
  await expectScored(page);
}

const expectScored = (page: Page) =>
  expect(page.getByText(/^On all [\d,]+ test examples/)).toBeVisible({ timeout: scoreMs });

/** Rows of the table of the first figure, as text; the first names the columns. */
const bars = (page: Page) =>
  page
    .getByRole('region', { name: /^Table: / })
    .first()
    .getByRole('row');

/** Accuracy of a task now, in percent. */
async function accuracyOf(page: Page, task: string): Promise<number> {
  const row = bars(page).filter({ has: page.getByRole('rowheader', { name: task, exact: true }) });
  return parseFloat(await row.getByRole('cell').first().innerText());
}

test.describe('on the demo', () => {
  const shared = useOnePage();

  test('lesson 1 walks from the base to a fine-tuned model and past it', async () => {
    const page = shared();
    test.setTimeout(240_000);
    await openMoment(page, '1?task=scenes&alpha=1');
    await expect(page.getByRole('radio', { name: 'Scenes', exact: true })).toBeChecked();
    await expect(page.getByRole('figure')).toHaveCount(3);
    await expect(page.getByRole('figure', { name: /^Furthest moved|^Every part/ })).toBeVisible();

    // All of the task vector is the fine-tuned model, scored by itself.
    const row = bars(page).filter({ hasText: 'Scenes' });
    await expect(row.getByRole('cell').nth(3)).toContainText('%', { timeout: scoreMs });
    const cells = await row.getByRole('cell').allInnerTexts();
    expect(cells[0]).toBe(cells[3]);

    await page.getByRole('slider', { name: 'Share put back' }).focus();
    await page.keyboard.press('Home');
    await expect(page).toHaveURL(/alpha=0|\?task=scenes$/);
    await expectScored(page);
    await expect
      .poll(async () => (await row.getByRole('cell').allInnerTexts())[0], { timeout: scoreMs })
      .toBe(cells[2]);
    await expectNoViolation(page, 'lesson 1');
  });

  test('lesson 2 adds tasks, takes one away and is put back by one button', async () => {
    const page = shared();
    test.setTimeout(240_000);
    await openMoment(page, '2?add=0,0,0,0,0,0,0,0');
    await expect(page.getByRole('button', { name: 'Base' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    await expect(bars(page)).toHaveCount(1 + 9);
    const before = await accuracyOf(page, 'Scenes');

    await page.getByRole('combobox', { name: /next two buttons/ }).selectOption('Scenes');
    await page.getByRole('button', { name: 'Only Scenes' }).click();
    await expect(page.getByRole('figure', { name: /(falls|rises) from/ })).toBeVisible({
      timeout: scoreMs,
    });
    await expectScored(page);
    expect(await accuracyOf(page, 'Scenes')).toBeGreaterThan(before);
    await expect(page).toHaveURL(/add=0,0,0,0,0,0,0,1&one=scenes/);

    await page.getByRole('button', { name: 'Forget Scenes' }).click();
    await expect.poll(() => accuracyOf(page, 'Scenes'), { timeout: scoreMs }).toBeLessThan(before);
    await expectNoViolation(page, 'lesson 2');

    await page.getByRole('button', { name: 'Reset the demo' }).click();
    await expect(page.getByRole('button', { name: 'Add all at 0.4' })).toHaveAttribute(
      ...(['aria-pressed', 'true'] as const),
    );
    await expect(page).toHaveURL(/#\/learn\/2$/);
  });

  test('lesson 3 measures overlap against accuracy and shows who owns a tensor', async () => {
    const page = shared();
    test.setTimeout(240_000);
    await openMoment(page, '3?a=signs&b=textures&density=0.1');
    const [first, second] = ['First task', 'Second task'].map((name) =>
      page.getByRole('group', { name }),
    );
    await expect(first!.getByRole('radio', { name: 'Traffic signs' })).toBeChecked();
    await expect(second!.getByRole('radio', { name: 'Textures' })).toBeChecked();

    await expect(page.getByText(/^8 of 8 densities measured/)).toBeVisible({ timeout: 150_000 });
    const curve = page.getByRole('region', { name: /^Table: Best at/ }).getByRole('row');
    await expect(curve).toHaveCount(1 + 8);
    await expect(curve.last()).toContainText(/100\s%\s*100\.0\s%/);
    const owners = page.getByRole('region', { name: /^Table: .*(held|nobody)/i }).getByRole('row');
    await expect(owners).toHaveCount(1 + 4);
    await expect(owners.nth(1)).toContainText('Traffic signs alone');

    // The second task, picked as the first too, trades places with it.
    await first!.getByRole('radio', { name: 'Textures' }).check();
    await expect(second!.getByRole('radio', { name: 'Traffic signs' })).toBeChecked();
    await expect(page).toHaveURL(/a=textures/);
    await expectNoViolation(page, 'lesson 3');
  });

  test('arrow keys turn the pages, but not from within a field', async () => {
    const page = shared();
    await page.goto('/#/learn/2');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Adding and negating');
    await page.keyboard.press('ArrowRight');
    await expect(page).toHaveURL(/#\/learn\/3$/);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect(page).toHaveURL(/#\/learn\/1$/);
    await page.getByRole('combobox', { name: 'Run on' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^What fine/);
  });
});

test('lessons without models of one’s own say what they need', async ({ page }) => {
  await page.goto('/#/learn/1?on=own');
  await expect(
    page.getByRole('heading', { name: 'Nothing to run this lesson on yet' }),
  ).toBeVisible();
  await expectNoViolation(page, 'no models');
  await page.getByRole('combobox', { name: 'Run on' }).selectOption('Demo: pictures');
  await page.getByRole('button', { name: 'Cancel' }).click({ timeout: loadMs });
  await expect(page.getByRole('button', { name: 'Load the models' })).toBeVisible();
});

test.describe('with models of one’s own', () => {
  const suite = usePicoSuite();

  test('lessons run on the recipe on the table', async ({ page }) => {
    await page.goto('/');
    await ingestSuite(page, [suite.folder('base'), suite.folder('mood'), suite.folder('topic')]);
    await putRecipe(page, suiteRecipe(['mood', 'topic']));
    await openMoment(page, '2?on=own');
    await expect(bars(page)).toHaveCount(1 + 2);
    await page.getByRole('button', { name: 'Base' }).click();
    await expectScored(page);
    await page.goto('/#/learn/4?on=own&density=0.2');
    await page.getByRole('button', { name: 'Find the mask' }).click();
    await expect(page.getByText(/^Found in/)).toBeVisible({ timeout: scoreMs });
  });
});
