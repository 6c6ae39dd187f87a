import { fileURLToPath } from 'node:url';
import { openBuiltApp } from './headless/builtApp.js';
import { readArguments } from './usage.js';

readArguments(
  `node scripts/picture.js

Runs the demo in headless Chrome and takes the picture of its result that README.md shows, docs/page.png.`,
  {},
);

const { page, close } = await openBuiltApp();
try {
  await page.setViewportSize({ width: 1280, height: 840 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'Try the demo' }).click();
  await page.getByRole('button', { name: /^Save file/ }).waitFor({ timeout: 240_000 });
  const path = fileURLToPath(new URL('../docs/page.png', import.meta.url));
  // Without the status strip, which tells of this machine.
  await page.screenshot({ path, clip: { x: 0, y: 0, width: 1280, height: 784 } });
} finally {
  await close();
}
