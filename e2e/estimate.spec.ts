import { expect, type Page, test } from '@playwright/test';
import { ingestSuite, suiteRecipe, usePicoSuite } from './support/suite.ts';

const suite = usePicoSuite();

const panel = (page: Page) => page.getByRole('region', { name: 'Estimate' });
const figure = (page: Page, name: string) =>
  panel(page).locator('dl > div').filter({ hasText: name }).locator('dd');
const editor = (page: Page) => page.getByRole('textbox', { name: 'Recipe as YAML' });

/** What notifications the page sends, as it would while another window has the attention. */
async function recordNotifications(page: Page): Promise<string[]> {
  const sent: string[] = [];
  await page.exposeFunction('recordNotification', (text: string) => sent.push(text));
  await page.addInitScript(() => {
    const Notification = function (title: string, { body }: { body: string }) {
      const record: unknown = Reflect.get(window, 'recordNotification');
      if (typeof record === 'function') record(`${title}: ${body}`);
    };
    const requestPermission = async () => {
      Object.assign(Notification, { permission: 'granted' });
      return 'granted';
    };
    Object.assign(Notification, { permission: 'default', requestPermission });
    Object.assign(window, { Notification });
    document.hasFocus = () => false;
  });
  return sent;
}

test('time and memory are told before a run, by the pace of earlier ones; while it runs there is one estimate, and at its end a notification', async ({
  page,
}) => {
  const sent = await recordNotifications(page);
  await page.goto('/');
  await ingestSuite(page, [suite.folder('base'), suite.folder('mood'), suite.folder('tone')]);
  await page.goto('/#/merge');
  await editor(page).fill(suiteRecipe(['mood', 'tone'], 'epochs: 800'));
  await expect(figure(page, 'Time')).toContainText('not measured here yet');
  await expect(figure(page, 'Memory')).toHaveText(/^up to 25\d\sMB/);

  await page.getByRole('button', { name: 'Localize with data' }).click();
  const run = page.getByRole('region', { name: 'Localizing' });
  await expect(run.getByText(/left for this step/).first()).toBeVisible();
  await expect(run.locator('.line > p').filter({ hasText: /\bleft\b|almost done/ })).toHaveCount(1);
  const tell = run.getByRole('checkbox', { name: 'Tell me when it is done' });
  expect(await page.evaluate(() => Notification.permission)).toBe('default');
  await tell.check();
  await expect(page).toHaveURL(/#\/results\//, { timeout: 60_000 });
  await expect.poll(() => sent).toEqual(['The merge is done: mood and tone']);

  await page.goto('/#/merge');
  await editor(page).fill(suiteRecipe(['mood', 'tone'], 'epochs: 1600'));
  await expect(figure(page, 'Time')).toHaveText(/^about [\d.]+\s(s|min).*by earlier runs here$/);
  await page.getByRole('radio', { name: /^TSV/ }).check();
  await expect(figure(page, 'Time')).toContainText('not measured here yet: merging');
});
