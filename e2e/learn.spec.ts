import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { expectNoViolation } from './support/axe.ts';
import {
  bars,
  expectScored,
  loadMs,
  methodRows,
  openLesson,
  openMoment,
  scoreMs,
} from './support/lessons.ts';
import { useOnePage } from './support/onePage.ts';
import { ingestSuite, putRecipe, suiteRecipe, usePicoSuite } from './support/suite.ts';

const suite = usePicoSuite();

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

test('lessons run on the recipe of Merge', async ({ page }) => {
  await page.goto('/');
  await ingestSuite(page, [suite.folder('base'), suite.folder('mood'), suite.folder('topic')]);
  await putRecipe(page, suiteRecipe(['mood', 'topic']));

  await openMoment(page, '1?on=own&task=mood&alpha=1');
  await page.getByRole('slider', { name: 'Share put back' }).focus();
  await page.keyboard.press('Home');
  await expectScored(page);
  const mood = bars(page).filter({ hasText: 'mood' });
  // None of the task vector is the base, scored by itself.
  await expect
    .poll(async () => {
      const cells = await mood.getByRole('cell').allInnerTexts();
      return cells[0] === cells[2];
    })
    .toBe(true);
  await expectNoViolation(page, 'lesson 1');

  await openMoment(page, '2?on=own');
  await expect(bars(page)).toHaveCount(1 + 2);
  await page.getByRole('button', { name: 'Base' }).click();
  await expectScored(page);
  await expectNoViolation(page, 'lesson 2');

  await openMoment(page, '3?on=own&a=mood&b=topic&density=0.1');
  await expect(page.getByText(/^8 of 8 densities measured/)).toBeVisible({ timeout: scoreMs });
  const owners = page.getByRole('region', { name: /^Table: .*(held|nobody)/i }).getByRole('row');
  await expect(owners.nth(1)).toContainText('mood alone');
  await expectNoViolation(page, 'lesson 3');

  await page.goto('/#/learn/4?on=own&density=0.2');
  await page.getByRole('button', { name: 'Find the mask' }).click();
  await expect(page.getByText(/^Found in/)).toBeVisible({ timeout: scoreMs });
  await expectNoViolation(page, 'lesson 4');

  await openLesson(page, '5?on=own&tasks=mood,topic', 'Find all masks');
  await expect(methodRows(page)).toHaveCount(1 + 4);
  await expect(page.getByText(/^Means over the tasks/)).toBeVisible({ timeout: scoreMs });
  await expectNoViolation(page, 'lesson 5');
});

test.describe('on the demo', () => {
  const shared = useOnePage();

  test('what is drawn is answered before anything is compared, and by the model as it is', async () => {
    const page = shared();
    await openMoment(page, '1?task=digits&alpha=1');
    const own = page.getByRole('region', { name: 'Try it with a picture of your own' });
    await own.getByRole('button', { name: 'Test picture: 3' }).click();
    const answers = (model: string) =>
      own.getByRole('region', { name: model, exact: true }).getByRole('listitem').allInnerTexts();
    await expect.poll(() => answers('Now'), { timeout: loadMs }).toHaveLength(4);
    // All of the task vector is the fine-tuned model, and none of it the base.
    expect(await answers('Now')).toEqual(await answers('Fine-tuned'));
    expect(await answers('Now')).not.toEqual(await answers('Base'));
    await page.getByRole('slider', { name: 'Share put back' }).press('Home');
    await expect
      .poll(async () => (await answers('Now')).join() === (await answers('Base')).join())
      .toBe(true);
    // The task is the one that the lesson is about.
    await page.getByRole('radio', { name: 'Cars' }).check();
    await expect(own.getByRole('button', { name: 'Test picture: 3' })).toHaveCount(0);

    await openLesson(page, '5?tasks=digits', 'Find all masks');
    const tops = [own, page.getByRole('region', { name: 'Methods side by side' })];
    const [drawn, compared] = await Promise.all(tops.map((each) => each.boundingBox()));
    expect(drawn!.y).toBeLessThan(compared!.y);
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

    // The same digit, dark on light: the models learned light ones on dark.
    await open('inverse.png', Buffer.from(await tilePng(page, 0, true), 'base64'));
    await expect.poll(answers, { timeout: loadMs }).not.toEqual(told[0]);
    await own.getByRole('button', { name: 'Invert' }).click();
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
  const tilePng = (page: Page, row: number, inverse = false) =>
    page.evaluate(
      async ({ row, inverse }) => {
        const sheet = await createImageBitmap(
          await (await fetch('demo/vision/digits/test.png')).blob(),
        );
        const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
        const context = canvas.getContext('2d');
        if (inverse) Object.assign(context ?? {}, { filter: 'invert(1)' });
        context?.drawImage(sheet, 0, -32 * row);
        return canvas.toDataURL('image/png').split(',')[1] ?? '';
      },
      { row, inverse },
    );

  test('a mask that lesson 4 found is there after a reload', async () => {
    const page = shared();
    await openLesson(page, '4?density=0.1', 'Find the mask');
    await page.getByLabel('Examples per class').selectOption('4 per class');
    await page.getByRole('button', { name: 'Find the mask' }).click();
    const found = page.getByText(/^Found in/);
    await expect(found).toBeVisible({ timeout: scoreMs });
    const told = await found.innerText();
    await page.reload();
    await expect(found).toHaveText(told, { timeout: loadMs });
    await expect(page.getByRole('button', { name: 'Find it again' })).toBeVisible();
  });

  test('nothing is said to be found before all of it is measured', async ({ browser }) => {
    // Nothing is known beforehand, nor from an earlier visit.
    const context = await browser.newContext({ serviceWorkers: 'block' });
    const page = await context.newPage();
    await page.route('**/measured.json*', (route) => route.abort());
    await page.goto('/#/library');
    await page.evaluate(() => {
      const said = new Set<string>();
      const read = () => {
        for (const title of document.querySelectorAll('figcaption h3, section > h3')) {
          const note = title.nextElementSibling;
          if (note?.tagName === 'P') said.add(`${title.textContent} | ${note.textContent.trim()}`);
        }
      };
      new MutationObserver(read).observe(document.body, {
        ...{ subtree: true, childList: true, characterData: true },
      });
      Object.assign(window, { told: () => [...said] });
    });
    const told = (note: RegExp) =>
      page.evaluate<string[]>('told()').then((all) => {
        const [titles, notes] = [0, 1].map((i) => all.map((each) => each.split(' | ')[i] ?? ''));
        return [...new Set(titles!.filter((_, i) => note.test(notes![i]!)))];
      });

    await page.goto('/#/learn/3?density=0.05');
    await expect(page.getByText(/^8 of 8 densities measured/)).toBeVisible({ timeout: scoreMs });
    expect(await told(/^[0-7] of 8 densities/)).toEqual([
      'Overlap and accuracy, density by density',
    ]);
    expect(await told(/examples so far$|^Scoring/)).toEqual(['Accuracy of each task']);

    await page.goto('/#/learn/4?task=cars&density=0.03');
    const curve = page.getByRole('figure', { name: /^Largest-change, 90/ });
    await expect(curve).toBeVisible({ timeout: scoreMs });
    expect(await told(/still to be measured/)).toEqual(['Accuracy of the graft by density']);
    const bars = page.getByRole('figure', { name: /^At .* of the weights, the/ });
    await expect(bars).toBeVisible({ timeout: scoreMs });
    expect((await told(/examples so far$|^Scoring/)).toSorted()).toEqual([
      'Accuracy of each task',
      'At 3.0\u00a0% of the weights',
    ]);
    // The slider stops where the curve was measured, so that its bars are there at once.
    await page.getByRole('slider', { name: 'Density slider' }).press('ArrowRight');
    await expect(page).toHaveURL(/density=0\.05$/);
    await expect(bars).toHaveAccessibleName(/^At 5\.0/);
    expect(await told(/examples so far$|^Scoring/)).toHaveLength(2);

    await page.goto('/#/learn/5');
    await expect(page.getByText(/^Means over the tasks/)).toBeVisible({ timeout: scoreMs });
    expect(await told(/^Measuring/)).toEqual(['One model for 2 tasks']);
    await expect(page.getByText(/^Why: TIES lets 20\.0\s% of each task’s changes/)).toBeVisible();
    await context.close();
  });

  test('a guess stands beside what is measured, and is kept while the page is open', async () => {
    const page = shared();
    await page.goto('/#/library');
    await openMoment(page, '1?task=digits');
    const guess = page.getByRole('group', { name: /^Guess: how much of the gain/ });
    await expect(guess.getByRole('radio', { checked: true })).toHaveCount(0);
    await expect(guess.getByText(/half brings/)).toHaveCount(0);
    const address = page.url();
    await guess.getByRole('radio', { name: 'almost nothing' }).press('Space');
    await page.keyboard.press('ArrowDown');
    await expect(guess.getByRole('radio', { name: 'less than half' })).toBeChecked();
    await expect(guess.getByText(/half brings [\d.]+\s%/)).toBeVisible({ timeout: scoreMs });
    expect(page.url()).toBe(address);

    // What it says is what the bars say at one half.
    const said = parseFloat((await guess.getByRole('status').innerText()).split('brings ')[1]!);
    await page.getByRole('slider', { name: 'Share put back' }).fill('0.5');
    await expectScored(page);
    const cells = await bars(page).filter({ hasText: 'Digits' }).getByRole('cell').allInnerTexts();
    const [now, , base, tuned] = cells.map((cell) => parseFloat(cell));
    const share = (100 * (now! - base!)) / (tuned! - base!);
    // Each of the three is rounded to a tenth of a percent.
    expect(Math.abs(said - share)).toBeLessThan(0.5);
    await expectNoViolation(page, 'a guess');

    await openMoment(page, '2');
    await openMoment(page, '1?task=digits');
    await expect(guess.getByRole('radio', { name: 'less than half' })).toBeChecked();
    await page.getByRole('button', { name: 'Reset the demo' }).click();
    await expect(guess.getByRole('radio', { checked: true })).toHaveCount(0);
  });

  test('lesson 6 makes files whose patches are a small part of the fine-tunes', async () => {
    const page = shared();
    await openLesson(page, '6?tasks=digits,cars&density=0.01', 'Make the files');
    await page.getByRole('button', { name: 'Make the files' }).click();
    await expect(page.getByRole('figure', { name: /^A patch is/ })).toBeVisible({
      timeout: loadMs,
    });
    await expectNoViolation(page, 'lesson 6');

    const downloaded = async (name: string | RegExp) => {
      const coming = page.waitForEvent('download');
      await page.getByRole('button', { name }).click();
      return readFileSync(await (await coming).path());
    };
    const recipe = (await downloaded('Save recipe')).toString();
    expect(recipe).toContain('merge_method: localize_and_stitch');
    expect(recipe).toContain('density: 0.01');
    await page.getByText('Save single files (2)').click();
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

  test('another lesson begins at its heading, and the title names it', async () => {
    const page = shared();
    await page.goto('/#/library');
    await openMoment(page, '1');
    await expect(page).toHaveTitle(/^What fine.tuning changed · Learn · Stitchwork$/);
    const heading = page.getByRole('heading', { level: 1 });
    await expect(heading).not.toBeFocused();
    const expectBegun = async (title: string, part: string) => {
      await expect(page).toHaveTitle(`${title} · Learn · Stitchwork`);
      await expect(heading).toHaveText(title);
      await expect(heading).toBeFocused();
      const picture = page.getByRole('img', { name: `This lesson is about the ${part}.` });
      await expect(picture).toBeInViewport({ ratio: 1 });
      expect(await page.evaluate(() => scrollY)).toBe(0);
    };
    await page.getByRole('link', { name: /^Next:/ }).click();
    await expectBegun('Adding and negating', 'sum');
    await page.getByRole('link', { name: /^Next:/ }).click();
    await expectBegun('Interference', 'overlap');
    await page.evaluate(() => scrollTo(0, 400));
    await page.keyboard.press('ArrowRight');
    await expectBegun('Localize', 'mask');
    await page.getByRole('link', { name: /^Back:/ }).click();
    await expectBegun('Interference', 'overlap');
    // The heading is made anew when other models were loaded: it keeps the focus.
    await page.goto('/#/learn/2?on=texts');
    await expect(page.getByRole('figure')).toBeVisible({ timeout: loadMs });
    await expectBegun('Adding and negating', 'sum');
    await page.goto('/#/library');
    await expect(page).toHaveTitle('Library · Stitchwork');
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
