import { existsSync } from 'node:fs';
import { installs } from './installs.js';

const places = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
];

/**
 * Path of a Firefox: $FIREFOX or the system's; undefined when there is none.
 * @returns {string | undefined}
 */
export function findFirefox() {
  return [process.env.FIREFOX, ...places].find((path) => path && existsSync(path));
}

/**
 * Like findFirefox, but installs Debian's package when run as root on a machine without one.
 * @returns {string}
 */
export function requireFirefox() {
  let path = findFirefox();
  if (!path && installs('firefox-esr')) path = findFirefox();
  if (!path)
    throw new Error('No Firefox found. Install one, or set FIREFOX to the path of its executable.');
  return path;
}
