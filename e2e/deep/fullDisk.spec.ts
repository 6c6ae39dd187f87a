import { randomFillSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { chromiumArgs, findChromium } from '../../scripts/chromium.js';
import { safetensorsHeader } from '../../scripts/shapes.js';
import { file } from '../support/badFiles.ts';
import { addToLibrary, names } from '../support/library.ts';
import { useMediumCheckpoints } from '../support/medium.ts';
import { ingestFolders, resume, savedHash, startMerge } from '../support/run.ts';
import { limitStorage } from '../support/storage.ts';

const medium = useMediumCheckpoints();

test('a run that fills the disk keeps what it stored and goes on once there is room', async ({
  page: plain,
  browser,
}) => {
  await ingestFolders(plain, medium.folders);
  await startMerge(plain);
  const expected = await savedHash(plain);

  // A profile on disk: one in memory counts the bytes of copied files too low.
  const { baseURL } = test.info().project.use;
  const profile = test.info().outputPath('profile');
  const context = await browser.browserType().launchPersistentContext(profile, {
    ...{ executablePath: findChromium(), args: chromiumArgs, baseURL },
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  await limitStorage(page, 158e6);
  await page.goto('/');
  const bytes = randomFillSync(Buffer.alloc(44e6));
  const header = safetensorsHeader([{ name: 'table', shape: [11e6] }], 'F32');
  await addToLibrary(page, [file('filler.safetensors', Buffer.concat([header, bytes]))]);
  await ingestFolders(page, medium.folders);
  await startMerge(page);
  await expect(page.getByRole('region', { name: 'Estimate' }).getByRole('alert')).toContainText(
    /no room left for the output of this merge.*stored is kept.*Everything stored earlier is intact/,
    { timeout: 30_000 },
  );
  await page.goto('/#/');
  await expect(names(page)).toHaveText(['base', 'task1', 'task2', 'filler']);
  await page.getByRole('button', { name: 'Delete filler' }).click();
  await expect(names(page)).toHaveText(['base', 'task1', 'task2']);
  await page.goto('/#/merge');
  await resume(page);
  expect(await savedHash(page)).toBe(expected);
  await context.close();
  rmSync(profile, { recursive: true });
});
