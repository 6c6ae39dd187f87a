import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Installs a package of Debian's; false where it may not, because this is another system or no root.
 * @param {string} name
 */
export function installs(name) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  console.error(`Installing Debian’s ${name} package, which is missing.`);
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 2, 2] });
  execFileSync('apt-get', ['install', '-y', '-qq', name], { stdio: ['ignore', 2, 2] });
  return true;
}
