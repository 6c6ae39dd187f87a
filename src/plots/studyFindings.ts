import { sortRows } from '../ui/table.ts';
import { bestFirst, formatScore, metricNames } from './scores.ts';
import { formatX, type StudyAxis, type StudyLine, type StudyView } from './studyFigure.ts';

const placed = (axis: StudyAxis, x: number) =>
  axis === 'density' ? `at ${formatX(axis, x)}` : `with ${x} examples per class`;

const names = { graft: 'Grafted', merged: 'Merged' } as const;
const lower = (label: string) => label.charAt(0).toLowerCase() + label.slice(1);

/** The value of x that most lines share; of several the nearest, by ratio, to the study's own. */
function sharedX(lines: readonly StudyLine[], own: number): number {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))];
  const count = (x: number) => lines.filter(({ points }) => points.some((p) => p.x === x)).length;
  const far = (x: number) => Math.abs(Math.log(x / own));
  return xs.toSorted((a, b) => count(b) - count(a) || far(a) - far(b))[0] ?? own;
}

/** What a study says: the localizers at the value nearest to the result's own, or how one line runs. */
export function studyTitle(lines: readonly StudyLine[], view: StudyView, own: number): string {
  const [line] = lines;
  if (!line) return subject(view);
  return lines.length === 1 && line.points.length > 1
    ? trendTitle(line, view)
    : contestTitle(lines, view, own);
}

const subject = ({ model, metric, task }: StudyView) =>
  `${names[model]} ${metricNames[metric]}${task === null ? '' : ` on ${task}`}`;

function trendTitle({ points }: StudyLine, view: StudyView): string {
  const { axis, metric } = view;
  const [first, last] = [points[0]!, points.at(-1)!];
  const [from, to] = [formatScore(first.y, metric), formatScore(last.y, metric)];
  const start = placed(axis, first.x);
  const end = axis === 'density' ? placed(axis, last.x) : `with ${last.x}`;
  if (from === to) return `${subject(view)} is ${to} both ${start} and ${end}`;
  const verb = last.y > first.y ? 'rises' : 'falls';
  return `${subject(view)} ${verb} from ${from} ${start} to ${to} ${end}`;
}

function contestTitle(lines: readonly StudyLine[], view: StudyView, own: number): string {
  const { axis, model, metric, task } = view;
  const x = sharedX(lines, own);
  const there = lines.flatMap(({ label, points }) =>
    points.filter((p) => p.x === x).map(({ y }) => ({ label, y })),
  );
  const ranked = sortRows(there, ({ y }) => y, bestFirst(metric));
  const named = ranked.length > 3 ? [ranked[0]!, ranked.at(-1)!] : ranked;
  const told = named.map(
    ({ label, y }, i) => `${lower(label)} ${i ? '' : 'reaches '}${formatScore(y, metric)}`,
  );
  const on = task === null ? '' : ` on ${task}`;
  return `${names[model]}${on} ${placed(axis, x)}, ${told.join('; ')}`;
}

/** What the figure's marks mean. */
export function studyNote({ axis, model, metric, task }: StudyView): string {
  const what =
    model === 'graft'
      ? 'The base with one task’s masked weights alone, on that task'
      : 'The merge of all tasks';
  const mean = task === null ? ', as the mean over tasks' : '';
  const over = axis === 'density' ? 'Densities hold exactly. ' : '';
  const bars = metric === 'accuracy' ? ` ${over}The upright lines are 95 % intervals.` : ` ${over}`;
  return `${what}${mean}.${bars}`.trimEnd();
}
