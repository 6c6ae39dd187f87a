import { expect, test } from '@playwright/test';
import { makeCheckpoint } from './makeCheckpoint.ts';

const config = `models:
  - model: acme/base
  - model: acme/sentiment
    parameters:
      density: [1, 0.4] # over depth
      weight: 1.0
  - model: acme/questions
    parameters:
      density: 0.5
      weight:
        - filter: attention
          value: 0.5
        - value: 1
merge_method: ties
base_model: acme/base
parameters:
  normalize: true
  int8_mask: true
dtype: bfloat16
`;

test('a mergekit configuration dropped with its checkpoints runs', async ({ page }) => {
  await page.goto('/');
  await page
    .locator('#open-files')
    .setInputFiles([
      makeCheckpoint('base', 0),
      makeCheckpoint('sentiment', 1),
      makeCheckpoint('questions', 2),
      { name: 'ties.yml', mimeType: 'text/yaml', buffer: Buffer.from(config) },
    ]);
  await page.getByRole('button', { name: /^Add to library/ }).click();
  await page.getByRole('link', { name: 'Set up the merge' }).click();
  await expect(page.getByRole('textbox', { name: 'Recipe as YAML' })).toHaveValue(config);
  await expect(page.getByText('Gives the result that mergekit gives')).toBeVisible();
  await expect(page.getByText('by tensor, as the recipe says')).toHaveCount(2);

  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
});
