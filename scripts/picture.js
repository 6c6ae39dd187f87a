import { fileURLToPath } from 'node:url';
import { openBuiltApp } from './headless/builtApp.js';
import { readArguments } from './usage.js';

readArguments(
  `node scripts/picture.js

Runs the demo in headless Chrome, draws a digit, and takes the picture that README.md shows, docs/page.png.`,
  {},
);

/** A seven, in shares of the drawing area. */
const seven = [
  { x: 0.33, y: 0.22 },
  { x: 0.7, y: 0.26 },
  { x: 0.48, y: 0.85 },
];

const { page, close } = await openBuiltApp();
try {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await page.getByRole('link', { name: 'Merge my own' }).waitFor({ timeout: 240_000 });
  const { left, top, width, height } = await page
    .getByLabel(/^Drawing area/)
    .evaluate((pad) => pad.getBoundingClientRect().toJSON());
  for (const [i, { x, y }] of seven.entries()) {
    await page.mouse.move(left + x * width, top + y * height, { steps: 5 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
  await page.getByRole('region', { name: 'Merged' }).waitFor();
  await page.waitForTimeout(1000);
  const path = fileURLToPath(new URL('../docs/page.png', import.meta.url));
  // Without the status strip, which tells of this machine.
  await page.screenshot({ path, clip: { x: 0, y: 0, width: 1440, height: 864 } });
} finally {
  await close();
}
