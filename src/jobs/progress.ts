import type { LocalizeLive } from '../api/localizing.ts';
import type { Progress } from '../api/progress.ts';

const everyMs = 100;
const windowMs = 4000;

/** Reports at most ten times a second, with the rate of the last seconds; a new stage starts a new rate. */
export function createMeter(report: (progress: Progress) => void) {
  let stage = '';
  let last = -Infinity;
  let samples: { at: number; bytes: number }[] = [];
  return (stageNow: string, doneBytes: number, totalBytes: number, detail: string): void => {
    const at = performance.now();
    if (stageNow !== stage) samples = [];
    else if (at - last < everyMs && doneBytes < totalBytes) return;
    stage = stageNow;
    last = at;
    samples = [...samples.filter((sample) => sample.at > at - windowMs), { at, bytes: doneBytes }];
    const first = samples[0] ?? { at, bytes: doneBytes };
    const elapsed = (at - first.at) / 1000;
    const rate = elapsed > 0.2 ? (doneBytes - first.bytes) / elapsed : 0;
    report({
      stage,
      unit: 'bytes',
      done: doneBytes,
      total: totalBytes,
      perSecond: rate,
      secondsLeft: rate > 0 ? (totalBytes - doneBytes) / rate : null,
      detail,
    });
  };
}

/** Reports steps of work that are no bytes, with the time left at the rate so far. */
export function createStepMeter(report: (progress: Progress) => void) {
  let stage = '';
  let began = { at: 0, done: 0 };
  let last = -Infinity;
  return (stageNow: string, done: number, total: number, detail: string, live?: LocalizeLive) => {
    const at = performance.now();
    if (stageNow !== stage) [stage, began] = [stageNow, { at, done }];
    else if (at - last < everyMs && done < total && !live?.paused) return;
    last = at;
    const each = done > began.done ? (at - began.at) / 1000 / (done - began.done) : null;
    report({
      stage,
      unit: 'steps',
      done,
      total,
      perSecond: 0,
      detail,
      secondsLeft: each === null ? null : each * (total - done),
      ...(live && { live }),
    });
  };
}
