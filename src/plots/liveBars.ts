import { formatPercent } from '../ui/format.ts';
import type { LabScore, LabTask } from '../api/lab.ts';
import { sortRows, type Table } from '../ui/table.ts';
import { share, text } from './columns.ts';
import { halfInterval, mean, sum } from './numbers.ts';

/** A task's accuracy while its model changes, beside what it is compared with; shares, null while unknown. */
export interface LiveRow {
  label: string;
  slot: number;
  now: number | null;
  /** Half the width of the 95 % interval of `now`. */
  half: number;
  before: number | null;
  base: number | null;
  tuned: number | null;
  /** It has a fine-tune, whether or not that was scored yet. */
  trained: boolean;
}

/** Share of a task's examples told right, null before any was seen. */
export function taskAccuracy(scores: readonly LabScore[], task: number): number | null {
  const score = scores.find((each) => each.task === task);
  return score?.n ? score.right / score.n : null;
}

/** Rows for these tasks, by their numbers, from scores of the lab. */
export function liveRows(
  tasks: readonly LabTask[],
  slots: readonly number[],
  live: Record<'now' | 'before', readonly LabScore[]>,
  references: Record<'base' | 'tuned', readonly LabScore[]>,
  shown: readonly number[],
): LiveRow[] {
  return shown.map((task) => {
    const now = taskAccuracy(live.now, task);
    const n = live.now.find((each) => each.task === task)?.n ?? 0;
    return {
      label: tasks[task]?.label ?? '',
      slot: slots[task] ?? task,
      now,
      half: now === null ? 0 : halfInterval(now, n),
      before: taskAccuracy(live.before, task),
      base: taskAccuracy(references.base, task),
      tuned: taskAccuracy(references.tuned, task),
      trained: tasks[task]?.general === false,
    };
  });
}

/** How far scoring is: "240 of 800 examples so far"; `beforehand` where it was done before the models were loaded. */
export function seenNote(scores: readonly LabScore[], beforehand = false): string {
  const seen = sum(scores, ({ n }) => n);
  const all = sum(scores, (score) => score.of);
  if (!all) return 'Scoring the first examples';
  if (seen < all)
    return `${seen.toLocaleString('en')} of ${all.toLocaleString('en')} examples so far`;
  return `On all ${all.toLocaleString('en')} test examples${beforehand ? ', measured beforehand' : ''}`;
}

/** Mean over the values that are known; null of none. */
export function meanKnown(values: readonly (number | null)[]): number | null {
  return mean(values.filter((value) => value !== null));
}

/** Less than this share is no news. */
const news = 0.01;

/** What the bars say: the task that moved most since the last setting, or where the mean of the fine-tuned tasks lies. */
export function liveTitle(rows: readonly LiveRow[]): string {
  const moves = rows.flatMap(({ label, now, before }) =>
    now === null || before === null ? [] : { label, now, before, by: Math.abs(now - before) },
  );
  const [moved] = sortRows(moves, ({ by }) => by, 'descending');
  if (moved && moved.by >= news) {
    const verb = moved.now < moved.before ? 'falls' : 'rises';
    return `${moved.label} ${verb} from ${formatPercent(moved.before)} to ${formatPercent(moved.now)}`;
  }
  const trained = rows.filter((row) => row.trained);
  const level = meanKnown((trained.length ? trained : rows).map(({ now }) => now));
  if (level === null) return 'Accuracy of each task';
  const known = trained.every(({ tuned }) => tuned !== null);
  const best = known ? meanKnown(trained.map(({ tuned }) => tuned)) : null;
  const alone = rows.length === 1 ? rows[0]!.label : 'The tasks';
  const [verb, on] = rows.length === 1 ? ['is', ''] : ['are', 'on average '];
  const against = best === null ? '' : `, fine-tuned ${formatPercent(best)}`;
  return `${alone} ${verb} ${on}at ${formatPercent(level)}${against}`;
}

export function liveTable(rows: readonly LiveRow[]): Table {
  return {
    columns: [text('Task'), ...['Accuracy now', 'Before', 'Base', 'Fine-tuned'].map(share)],
    rows: rows.map(({ label, now, before, base, tuned }) => [
      label,
      ...[now, before, base, tuned].map((value) => value ?? '–'),
    ]),
  };
}
