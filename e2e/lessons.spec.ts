import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import { useOnePage } from './support/onePage.ts';

const loadMs = 60_000;
const searchMs = 150_000;

const shared = useOnePage();

/** Opens a lesson from its link and waits for its models. */
async function openLesson(page: Page, link: string, button: string) {
  await page.goto(`/#/learn/${link}`);
  await expect(page.getByRole('button', { name: button })).toBeVisible({ timeout: loadMs });
}

const methodRows = (page: Page) =>
  page.getByRole('region', { name: 'Methods side by side' }).getByRole('row');

test('lesson 4 finds a mask from its link and measures its grafts', async () => {
  const page = shared();
  test.setTimeout(240_000);
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
  await expect(page.getByText('Accuracy on the few shots')).toBeVisible({ timeout: searchMs });
  await expect(page.getByText(/^Found in .* at a density of\s+5\.0/)).toBeVisible({
    timeout: searchMs,
  });
  const curves = page.getByRole('region', { name: /^Table: / }).nth(1);
  await expect(curves.getByRole('columnheader', { name: 'Optimised' })).toBeAttached();
  await expect(curves.getByRole('row')).toHaveCount(1 + 9, { timeout: searchMs });

  await page.getByRole('slider', { name: 'Density slider' }).focus();
  await page.keyboard.press('Home');
  await expect(page).toHaveURL(/density=0\.001/);
  await expectNoViolation(page, 'lesson 4');
});

test('lesson 5 adds tasks, compares every method and answers what is drawn', async () => {
  const page = shared();
  test.setTimeout(240_000);
  await openLesson(page, '5?tasks=digits,cars', 'Find all masks');
  const stitch = page.getByRole('group', { name: 'In the stitch' });
  await expect(stitch.getByRole('checkbox', { checked: true })).toHaveCount(2);
  await expect(methodRows(page)).toHaveCount(1 + 4);
  await expect(page.getByText(/^Means over the tasks/)).toBeVisible({ timeout: searchMs });
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

test('a picture opened or dropped in lesson 5 is answered as the test picture it is', async () => {
  const page = shared();
  await openLesson(page, '5?tasks=digits', 'Find all masks');
  const own = page.getByRole('region', { name: 'Try it with a picture of your own' });
  const answers = () => own.getByRole('listitem').allInnerTexts();
  const told: string[][] = [];
  for (const digit of [0, 1]) {
    await own.getByRole('button', { name: `Test picture: ${digit}` }).click();
    await expect.poll(answers, { timeout: loadMs }).not.toEqual(told.at(-1) ?? []);
    told.push(await answers());
  }
  expect(told[0]).toHaveLength(3 * 4);

  const open = (name: string, buffer: Buffer) =>
    own.getByLabel('Open a picture').setInputFiles({ name, mimeType: 'image/png', buffer });
  await open('0.png', Buffer.from(await tilePng(page, 0), 'base64'));
  await expect.poll(answers, { timeout: loadMs }).toEqual(told[0]);

  const transfer = await page.evaluateHandle(
    async (text) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], '1.png', { type: 'image/png' }));
      return data;
    },
    await tilePng(page, 1),
  );
  await own
    .getByRole('group', { name: 'Your picture' })
    .dispatchEvent('drop', { dataTransfer: transfer });
  await expect.poll(answers, { timeout: loadMs }).toEqual(told[1]);

  await open('no.png', Buffer.from('no picture'));
  await expect(page.getByText(/^no\.png is no picture that this browser reads/)).toBeVisible();
  expect(await answers()).toEqual(told[1]);
});

/** The first tile of a row of the digits' test sheet, as a PNG in base64. */
const tilePng = (page: Page, row: number) =>
  page.evaluate(async (row) => {
    const sheet = await createImageBitmap(
      await (await fetch('demo/vision/digits/test.png')).blob(),
    );
    const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
    canvas.getContext('2d')?.drawImage(sheet, 0, -32 * row);
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  }, row);

test('lesson 6 makes files whose patches are a small part of the fine-tunes', async () => {
  const page = shared();
  await openLesson(page, '6?tasks=digits,cars&density=0.01', 'Make the files');
  await page.getByRole('button', { name: 'Make the files' }).click();
  await expect(page.getByRole('figure', { name: /^A patch is/ })).toBeVisible({ timeout: loadMs });
  await expectNoViolation(page, 'lesson 6');

  const downloaded = async (name: string | RegExp) => {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    return readFileSync(await (await coming).path());
  };
  const recipe = (await downloaded('Save recipe')).toString();
  expect(recipe).toContain('merge_method: localize_and_stitch');
  expect(recipe).toContain('density: 0.01');
  await page.getByText('2 single files').click();
  const patch = await downloaded(/^cars\.patch\.safetensors/);
  const headerBytes = Number(patch.readBigUInt64LE());
  const header = JSON.parse(patch.subarray(8, 8 + headerBytes).toString()) as Record<
    string,
    { dtype: string; shape: number[] }
  >;
  const names = Object.keys(header).filter((name) => name.endsWith('.values'));
  const kept = names.reduce((sum, name) => sum + header[name]!.shape[0]!, 0);
  const tuned = readFileSync('public/demo/vision/cars/model.safetensors');
  // Half precision: little more than 1 byte for where a weight goes, 2 for the weight.
  expect(patch.length).toBeLessThan(8 + headerBytes + 3.5 * kept);
  expect(patch.length).toBeLessThan(0.05 * tuned.length);
});
