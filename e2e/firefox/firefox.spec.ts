import { linkSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { tryDemo } from '../support/demo.ts';
import { savedBy, test } from '../support/firefox.ts';
import { goldenCase, goldens, readTensors } from '../support/headless.ts';
import { useMediumCheckpoints } from '../support/medium.ts';
import { expectDemoOffline } from '../support/offline.ts';
import { expectMidRun, resume, startSlowMerge } from '../support/run.ts';

test.describe.configure({ timeout: 240_000 });

/** Accuracies that scripts/demo/measureVision.py prints: torch's, of the demo's files. */
const torchAccuracies: Record<'base' | 'finetuned', Record<string, number>> = {
  base: {
    ...{ digits: 0.637, numbers: 0.427, signs: 0.67, textures: 0.583 },
    ...{ land: 0.667, aerial: 0.74, cars: 0.521, scenes: 0.717 },
  },
  finetuned: {
    ...{ digits: 0.98, numbers: 0.927, signs: 0.963, textures: 0.93 },
    ...{ land: 0.943, aerial: 0.99, cars: 0.913, scenes: 0.977 },
  },
};
/** One image of the smallest test set, and torch's rounding to three digits. */
const oneImage = 0.005;

/** All values of a safetensors file of f32 tensors, in the order in which they lie in it. */
function weights(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(
    Uint8Array.from(bytes.subarray(8 + Number(bytes.readBigUInt64LE()))).buffer,
  );
}

function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

test('the demo comes to torch’s scores on the CPU, and stays over a reload', async ({ page }) => {
  const complaints = listen(page);
  await page.goto('/');
  await expect(page.getByText('On the CPU: no WebGPU here')).toBeVisible();
  await tryDemo(page);
  const scores = await page.evaluate(async () => {
    const id = (await window.stitchwork?.engine.runs())?.[0]?.id ?? '';
    return (await window.stitchwork?.engine.result(id))?.scores ?? [];
  });
  for (const model of ['base', 'finetuned'] as const) {
    const of = scores.filter((score) => score.model === model);
    expect(of.length).toBeGreaterThan(1);
    for (const { task, value } of of)
      expect(Math.abs(value - (torchAccuracies[model][task] ?? NaN)), task).toBeLessThan(oneImage);
  }
  const headline = await page.getByRole('heading', { level: 1 }).innerText();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(headline);
  expect(complaints).toEqual([]);
});

test('dropped checkpoints merge to numpy’s bytes, which go to the downloads', async ({
  page,
  downloads,
}) => {
  const golden = await goldenCase('f32', 'ties.base');
  const names = ['base', ...golden.recipe.models.map(({ model }) => model)];
  const files = names.map((name) => {
    const path = join(goldens, golden.set, `${name}.safetensors`);
    return { name: basename(path), bytes: [...readFileSync(path)] };
  });
  await page.goto('/');
  await page.evaluate((list) => {
    const dataTransfer = new DataTransfer();
    for (const { name, bytes } of list)
      dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    for (const type of ['dragenter', 'drop'])
      document.body.dispatchEvent(
        new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
      );
  }, files);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  const editor = page.getByRole('textbox', { name: 'Recipe as YAML' });
  await editor.fill(JSON.stringify(golden.recipe));
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const saved = await savedBy(downloads, () =>
    page.getByRole('button', { name: 'Save file' }).click(),
  );
  expect(await readTensors(saved)).toEqual(
    await readTensors(join(goldens, golden.set, `${golden.case}.safetensors`)),
  );
  const zip = await savedBy(downloads, () =>
    page.getByRole('button', { name: 'Save all as zip' }).click(),
  );
  for (const name of ['model.safetensors', 'README.md'])
    expect(readFileSync(zip).includes(name), name).toBe(true);
});

const medium = useMediumCheckpoints();

test('a merge cut off by leaving the page goes on to the same bytes', async ({
  page,
  downloads,
}, info) => {
  mkdirSync(info.outputDir, { recursive: true });
  const files = medium.folders.map((folder) => {
    const named = info.outputPath(`${basename(folder)}.safetensors`);
    linkSync(join(folder, 'model.safetensors'), named);
    return named;
  });
  await page.goto('/');
  await page.locator('#open-files').setInputFiles(files);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  const [base_model, ...models] = ['base', 'task1', 'task2'];
  const recipe = { merge_method: 'linear', base_model, models: models.map((model) => ({ model })) };
  await page.getByRole('textbox', { name: 'Recipe as YAML' }).fill(JSON.stringify(recipe));
  await startSlowMerge(page);
  await expectMidRun(page, 0.3);
  await page.goto('about:blank');

  await page.goto('/#/merge');
  await resume(page);
  const saved = await savedBy(downloads, () =>
    page.getByRole('button', { name: 'Save file' }).click({ timeout: 60_000 }),
  );
  const [, one, other] = files.map(weights);
  const merged = weights(saved);
  const isMean = one?.every((value, at) => merged[at] === Math.fround(value + other![at]!) / 2);
  expect([merged.length, isMean]).toEqual([one?.length, true]);
});

test('once loaded the whole demo works with the network cut, even when the library was emptied', ({
  page,
}) => expectDemoOffline(page));
