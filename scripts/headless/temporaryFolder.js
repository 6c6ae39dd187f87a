import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a folder that is gone after `remove`, or at the latest when this process ends.
 * @param {string} parent
 * @param {string} prefix
 */
export function temporaryFolder(parent, prefix) {
  const path = mkdtempSync(join(parent, prefix));
  const erase = () => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', erase);
  return {
    path,
    remove() {
      process.off('exit', erase);
      erase();
    },
  };
}
