import { expect, test } from '@playwright/test';
import { expectNoViolation } from '../support/axe.ts';
import {
  accuracyOf,
  bars,
  expectScored,
  loadMs,
  methodRows,
  openLesson,
  openMoment,
  scoreMs,
} from '../support/lessons.ts';
import { useOnePage } from '../support/onePage.ts';

test.describe.configure({ timeout: 240_000 });

const shared = useOnePage();

test('lesson 1 walks from the base to a fine-tuned model and past it', async () => {
  const page = shared();
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
  await openMoment(page, '2?add=0,0,0,0,0,0,0,0');
  await expect(page.getByRole('button', { name: 'Base' })).toHaveAttribute('aria-pressed', 'true');
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

test('lesson 4 finds a mask from its link and measures its grafts', async () => {
  const page = shared();
  await openLesson(page, '4?task=signs&density=0.05', 'Find the mask');
  await expect(page.getByRole('radio', { name: 'Traffic signs' })).toBeChecked();
  await expect(page.getByRole('spinbutton', { name: 'Density' })).toHaveValue('5');
  await expect(page.getByRole('figure', { name: /^At 5\.0.% of the weights, the/ })).toBeVisible({
    timeout: loadMs,
  });

  await page
    .getByRole('combobox', { name: 'Examples per class' })
    .selectOption({ label: '4 per class' });
  await page.getByRole('button', { name: 'Find the mask' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Find the mask' }).click({ timeout: loadMs });
  await expect(page.getByText('Accuracy on the few shots')).toBeVisible({ timeout: scoreMs });
  await expect(page.getByText(/^Found in .* at a density of\s+5\.0/)).toBeVisible({
    timeout: scoreMs,
  });
  const curves = page.getByRole('region', { name: /^Table: / }).nth(1);
  await expect(curves.getByRole('columnheader', { name: 'Optimised' })).toBeAttached();
  await expect(curves.getByRole('row')).toHaveCount(1 + 9, { timeout: scoreMs });

  await page.getByRole('slider', { name: 'Density slider' }).focus();
  await page.keyboard.press('Home');
  await expect(page).toHaveURL(/density=0\.001/);
  await expectNoViolation(page, 'lesson 4');
});

test('lesson 5 adds tasks, compares every method and answers what is drawn', async () => {
  const page = shared();
  await openLesson(page, '5?tasks=digits,cars', 'Find all masks');
  const stitch = page.getByRole('group', { name: 'In the stitch' });
  await expect(stitch.getByRole('checkbox', { checked: true })).toHaveCount(2);
  await expect(methodRows(page)).toHaveCount(1 + 4);
  await expect(page.getByText(/^Means over the tasks/)).toBeVisible({ timeout: scoreMs });
  await page.getByRole('button', { name: 'Weights changed' }).click();
  await expect(methodRows(page).nth(1)).toContainText('Largest-change stitch');
  await page.getByRole('button', { name: /^Add House numbers$/ }).click();
  await expect(stitch.getByRole('checkbox', { checked: true })).toHaveCount(3);
  await expect(page).toHaveURL(/tasks=digits,cars,numbers/);

  const own = page.getByRole('region', { name: 'Try it with a picture of your own' });
  const pad = own.getByLabel(/^Drawing area/);
  await pad.scrollIntoViewIfNeeded();
  const { x, y } = (await pad.boundingBox())!;
  await page.mouse.move(x + 128, y + 40);
  await page.mouse.down();
  await page.mouse.move(x + 128, y + 210, { steps: 6 });
  await page.mouse.up();
  for (const model of ['Base', 'Fine-tuned', 'Stitched'])
    await expect(own.getByRole('region', { name: model }).getByRole('listitem')).toHaveCount(4);

  const told = own.getByRole('region', { name: 'Fine-tuned' });
  const drawn = await told.innerText();
  await own.getByRole('button', { name: 'Test picture: 0' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => told.innerText()).not.toBe(drawn);
  await expectNoViolation(page, 'lesson 5');
});
