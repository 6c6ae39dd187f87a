import { type Page, test } from '@playwright/test';

/** A page without save pickers that the tests of a block share: its worker keeps models and compiled kernels. */
export function useOnePage(): () => Page {
  let page: Page | undefined;
  test.beforeAll(async ({ browser }) => {
    const context = await browser.newContext();
    page = await context.newPage();
    await page.addInitScript(() => {
      Reflect.deleteProperty(window, 'showSaveFilePicker');
      Reflect.deleteProperty(window, 'showDirectoryPicker');
    });
  });
  test.afterAll(() => page?.context().close());
  return () => page!;
}
