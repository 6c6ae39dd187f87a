import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { installs } from './installs.js';

/** Flags under which Chromium offers WebGPU without a GPU and makes no request of its own; $CHROMIUM_FLAGS adds others. */
export const chromiumArgs = [
  '--enable-unsafe-webgpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ...(process.env.CHROMIUM_FLAGS?.match(/\S+/g) ?? []),
];

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * Path of a Chrome or Chromium: $CHROMIUM, the system's, or Playwright's; undefined when there is none.
 * @returns {string | undefined}
 */
export function findChromium() {
  const all = [process.env.CHROMIUM, ...places, chromium.executablePath()];
  return all.find((path) => path && existsSync(path));
}

/**
 * Like findChromium, but installs Debian's package when run as root on a machine without one.
 * @returns {string}
 */
export function requireChromium() {
  let path = findChromium();
  if (!path && installs('chromium')) path = findChromium();
  if (!path)
    throw new Error(
      'No Chrome or Chromium found. Install one, or set CHROMIUM to the path of its executable.',
    );
  return path;
}
