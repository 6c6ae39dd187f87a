import { randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { chromiumArgs, requireChromium } from '../scripts/chromium.js';
import { settleDisk } from './storageFloor.js';

const MiB = 2 ** 20;

/**
 * Measures jobs on one file of random bytes in real Chromium with a profile on disk.
 * @param {{ bytes: number, rounds: number, jobs: import('./ingestWorker.ts').Job[] }} plan
 * @returns {Promise<{ job: import('./ingestWorker.ts').Job, mibPerSecond: number[] }[]>} rates of each job, one per round
 */
export async function measureIngest({ bytes, rounds, jobs }) {
  const folder = mkdtempSync(join(tmpdir(), 'stitchwork-ingest-'));
  const file = join(folder, 'model.safetensors');
  writeRandom(file, bytes);
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({ root, logLevel: 'error', server: { port: 0, hmr: false } });
  await server.listen();
  const browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: requireChromium(),
    args: chromiumArgs,
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.resolvedUrls?.local[0]}bench/ingest.html`);
    await page.waitForFunction(() => 'measure' in globalThis);
    await page.setInputFiles('input', file);
    await page.evaluate(() => globalThis.measure({ kind: 'hash' }));
    const results = jobs.map((job) => ({ job, mibPerSecond: /** @type {number[]} */ ([]) }));
    for (let round = 0; round < rounds; round++)
      for (const { job, mibPerSecond } of results) {
        settleDisk();
        const seconds = await page.evaluate((given) => globalThis.measure(given), job);
        mibPerSecond.push(bytes / MiB / seconds);
      }
    return results;
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * Rates of an ingest until the checkpoint can be used, its ratio to putting the same File whole into IndexedDB, and of the hashing
 * that goes on behind it (medians).
 * @param {{ bytes?: number, rounds?: number }} [options]
 */
export async function benchIngest({ bytes = 499e6, rounds = 5 } = {}) {
  /** @type {import('./ingestWorker.ts').Job[]} */
  const jobs = [{ kind: 'whole' }, { kind: 'ingest' }, { kind: 'identify' }];
  const [whole = NaN, ingest = NaN, hash = NaN] = (
    await measureIngest({ bytes, rounds, jobs })
  ).map(({ mibPerSecond }) => median(mibPerSecond));
  return {
    bytes,
    wholeMibPerSecond: whole,
    ingestMibPerSecond: ingest,
    hashMibPerSecond: hash,
    ratio: ingest / whole,
  };
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** @param {string} path @param {number} bytes */
function writeRandom(path, bytes) {
  const file = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= 16 * MiB)
    writeSync(file, randomFillSync(Buffer.alloc(Math.min(left, 16 * MiB))));
  closeSync(file);
}
