import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../scripts/headless/temporaryFolder.js';
import { watchMemory } from '../scripts/headless/memory.js';
import { makeCheckpoints } from '../scripts/makeCheckpoints.js';
import { openBenchPage } from './benchPage.js';

const batch = 1;

/**
 * One step of `scaled` on a large decoder of random weights, all of it streaming: from files, its mask state through the
 * origin's private files. Peak is of renderer and GPU process above idle. Of a GPT-2 XL in f16 it needs 14 GB of disk, of a
 * Qwen2 of 0.5 B parameters in bf16 6 GB.
 * @param {{ budgetBytes?: number, shape?: 'gpt2-xl' | 'gpt2' | 'qwen2-0.5b' }} [options]
 */
export async function benchXl({ budgetBytes = 0, shape = 'gpt2-xl' } = {}) {
  const tokens = shape === 'qwen2-0.5b' ? 64 : 32;
  const dtype = shape === 'qwen2-0.5b' ? 'BF16' : 'F16';
  const { path: folder, remove } = temporaryFolder(tmpdir(), 'stitchwork-xl-');
  try {
    const folders = makeCheckpoints({ shape, dtype, count: 2, out: folder });
    const config = JSON.parse(readFileSync(join(folder, 'base/config.json'), 'utf8'));
    const bench = await openBenchPage('bench/xl/xl.html', 'localizeXl');
    try {
      const { page, context, browser } = bench;
      await page.setInputFiles(
        'input',
        folders.map((each) => join(each, 'model.safetensors')),
      );
      const memory = await watchMemory(context);
      page.setDefaultTimeout(0);
      const job = { config, budgetBytes, batch, tokens };
      const figures = await page.evaluate((given) => globalThis.localizeXl(given), job);
      const peakBytes = (await memory.stop()) - memory.idleBytes;
      return { shape, dtype, browser, batch, tokens, budgetBytes, ...figures, peakBytes };
    } finally {
      await bench.close();
    }
  } finally {
    remove();
  }
}
