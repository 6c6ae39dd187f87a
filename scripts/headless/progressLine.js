/** @typedef {import('../../src/api/progress.ts').Progress} Progress */

function makeProgressLine() {
  let printedAt = 0;
  return {
    /** @param {Progress} progress */
    show({ stage, detail, done, total, perSecond, secondsLeft }) {
      const now = Date.now();
      if (now - printedAt < (process.stderr.isTTY ? 100 : 1000)) return;
      printedAt = now;
      const percent = total > 0 ? (100 * done) / total : 0;
      const rate = perSecond > 0 ? `, ${(perSecond / 1e6).toFixed(0)} MB/s` : '';
      const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`;
      const line = `${stage} ${detail}: ${percent.toFixed(1)} %${rate}${left}`;
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    },
    /** @param {string} line */
    say(line) {
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
    },
  };
}

/** Progress on stderr: on one line of a terminal, else a line per second. */
export const progressLine = makeProgressLine();
