import { formatPercent } from '../ui/format.ts';
import type { LabScore } from '../api/lab.ts';
import type { Table } from '../ui/table.ts';
import { share, text } from './columns.ts';
import { halfInterval, ratio } from './numbers.ts';

/** Accuracy of one task's grafts by density. */
export interface GraftLine {
  label: string;
  points: readonly { density: number; score: LabScore }[];
}

/** The share of examples told right, and half the width of its 95 % interval. */
export function shareOf({ right, n }: LabScore): { y: number; half: number } {
  const y = ratio(right, n);
  return { y, half: halfInterval(y, n) };
}

/** What a curve is said to reach: this much of the fine-tuned accuracy. */
const enough = 0.9;

/** The least density measured from which a line stays at 90 % of the fine-tuned accuracy; null when it never does. */
export function reaches({ points }: GraftLine, tuned: number): number | null {
  let found: number | null = null;
  for (const { density, score } of points.toSorted((a, b) => b.density - a.density)) {
    if (shareOf(score).y < enough * tuned) break;
    found = density;
  }
  return found;
}

/** What the curves say: "Optimised, 90 % of the fine-tuned accuracy takes 2.0 % of the weights; largest change 20.0 %". */
export function graftsTitle(lines: readonly GraftLine[], tuned: number | null): string {
  const [first, ...others] = lines.filter(({ points }) => points.length > 2);
  if (tuned === null || !first) return 'Accuracy of the graft by density';
  const takes = (line: GraftLine) => {
    const density = reaches(line, tuned);
    const most = Math.max(...line.points.map((point) => point.density));
    return density === null ? `more than ${formatPercent(most)}` : formatPercent(density);
  };
  const rest = others.map((line) => `${line.label.toLowerCase()} ${takes(line)}`).join(', ');
  const told = `${first.label}, ${enough * 100}\u00a0% of the fine-tuned accuracy takes ${takes(first)} of the weights`;
  return rest ? `${told}; ${rest}` : told;
}

export function graftsTable(
  lines: readonly GraftLine[],
  base: number | null,
  tuned: number | null,
): Table {
  const densities = lines.flatMap(({ points }) => points.map(({ density }) => density));
  return {
    columns: [
      text('Density'),
      ...[...lines.map(({ label }) => label), 'Base', 'Fine-tuned'].map(share),
    ],
    rows: [...new Set(densities)]
      .toSorted((a, b) => a - b)
      .map((density) => [
        formatPercent(density),
        ...lines.map(({ points }) => {
          const point = points.find((each) => each.density === density);
          return point ? shareOf(point.score).y : '–';
        }),
        base ?? '–',
        tuned ?? '–',
      ]),
  };
}

/** One graft at the slider's density. */
export interface GraftBar {
  label: string;
  share: number | null;
}

/** What the bars say: the best graft, and how much of what fine-tuning gained it keeps. */
export function graftTitle(
  bars: readonly GraftBar[],
  density: number,
  base: number | null,
  tuned: number | null,
): string {
  const at = `At ${formatPercent(density)} of the weights`;
  const known = bars.flatMap(({ label, share }) => (share === null ? [] : { label, share }));
  const [best, next] = known.toSorted((a, b) => b.share - a.share);
  if (!best || base === null || tuned === null) return at;
  const gains = tuned > base;
  const told = (share: number) =>
    formatPercent(gains ? Math.max(0, (share - base) / (tuned - base)) : share);
  const verb = gains ? 'keeps' : 'reaches';
  const rest = next ? `, the ${next.label.toLowerCase()} mask ${told(next.share)}` : '';
  return `${at}, the ${best.label.toLowerCase()} mask ${verb} ${told(best.share)}${gains ? ' of the gain' : ''}${rest}`;
}

export function graftBarsTable(bars: readonly GraftBar[]): Table {
  return {
    columns: [text('Model'), share('Accuracy')],
    rows: bars.map(({ label, share }) => [label, share ?? '–']),
  };
}
