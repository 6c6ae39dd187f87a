import type { Page } from '@playwright/test';

/** Draws a line through points of the drawing area, in shares of its sides. */
export async function drawStroke(
  page: Page,
  points: readonly (readonly [number, number])[],
): Promise<void> {
  const box = await page.getByLabel(/^Drawing area/).boundingBox();
  if (!box) throw new Error('There is no drawing area.');
  for (const [i, [x, y]] of points.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 5 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
}
