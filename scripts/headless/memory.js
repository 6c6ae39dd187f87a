import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Resident bytes of a process: its proportional share where the system tells it (Linux), else all of its pages.
 * @param {number} pid
 */
function residentBytes(pid) {
  try {
    if (process.platform === 'linux') {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) * 1024;
    }
    return (
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024
    );
  } catch {
    return 0; // the process has ended
  }
}

/**
 * Samples the memory of a browser's renderer and GPU processes together, five times a second, until `stop` is called.
 * @param {import('@playwright/test').BrowserContext} context
 */
export async function watchMemory(context) {
  const browser = context.browser();
  if (!browser) throw new Error('This context has no browser.');
  const session = await browser.newBrowserCDPSession();
  const sample = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo
      .filter(({ type }) => type === 'renderer' || type === 'GPU')
      .reduce((sum, { id }) => sum + residentBytes(id), 0);
  };
  const idleBytes = await sample();
  let peakBytes = idleBytes;
  let stopped = false;
  const sampling = (async () => {
    while (!stopped) {
      peakBytes = Math.max(peakBytes, await sample());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })().catch(() => undefined); // the browser was closed: there is nothing left to sample
  return {
    /** Before anything was done. */
    idleBytes,
    async stop() {
      stopped = true;
      await sampling;
      return peakBytes;
    },
  };
}
