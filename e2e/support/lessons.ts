import { expect, type Page } from '@playwright/test';

export const loadMs = 60_000;
export const scoreMs = 150_000;

/** Opens a moment of a lesson and waits until its bars show all test examples. */
export async function openMoment(page: Page, link: string): Promise<void> {
  await page.goto(`/#/learn/${link}`);
  await expect(page.getByRole('figure').first()).toBeVisible({ timeout: loadMs });
  await expectScored(page);
}

/** Waits until the bars show all test examples. */
export const expectScored = (page: Page) =>
  expect(page.getByText(/^On all [\d,]+ test examples/)).toBeVisible({ timeout: scoreMs });

/** Rows of the table of the first figure, as text; the first names the columns. */
export const bars = (page: Page) =>
  page
    .getByRole('region', { name: /^Table: / })
    .first()
    .getByRole('row');

/** Accuracy of a task now, in percent. */
export async function accuracyOf(page: Page, task: string): Promise<number> {
  const row = bars(page).filter({ has: page.getByRole('rowheader', { name: task, exact: true }) });
  return parseFloat(await row.getByRole('cell').first().innerText());
}

/** Opens a lesson from its link and waits for its models. */
export async function openLesson(page: Page, link: string, button: string): Promise<void> {
  await page.goto(`/#/learn/${link}`);
  await expect(page.getByRole('button', { name: button })).toBeVisible({ timeout: loadMs });
}

/** Rows of lesson 5's table of methods. */
export const methodRows = (page: Page) =>
  page.getByRole('region', { name: 'Methods side by side' }).getByRole('row');
