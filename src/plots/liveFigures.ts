import { formatCount } from '../ui/format.ts';
import type { LocalizedMask } from '../api/localizing.ts';
import type { Table } from '../ui/table.ts';
import { count, number, text } from './columns.ts';
import { mean, sum } from './numbers.ts';

/** A loss as on screen, with three digits that matter. */
export const formatLoss = (loss: number) =>
  Number.isFinite(loss) ? String(Number(loss.toPrecision(3))) : 'not a number';

/** Mean of the first and of the last tenth of the steps; null before there is any. */
export function lossEnds(losses: readonly number[]): { first: number; last: number } | null {
  if (!losses.length) return null;
  const part = Math.max(1, Math.floor(losses.length / 10));
  return { first: mean(losses.slice(0, part)) ?? 0, last: mean(losses.slice(-part)) ?? 0 };
}

/** What a loss curve says: "Loss fell from 0.71 to 0.2". */
export function lossTitle(losses: readonly number[]): string {
  const ends = lossEnds(losses);
  if (!ends) return 'Loss';
  const [first, last] = [formatLoss(ends.first), formatLoss(ends.last)];
  if (first === last) return `Loss stays at ${last}`;
  return `Loss ${ends.last < ends.first ? 'fell' : 'rose'} from ${first} to ${last}`;
}

/** Losses of masks side by side, point by point of their searches; shorter ones end earlier. */
export function lossesTable(
  masks: readonly Pick<LocalizedMask, 'model' | 'losses'>[],
  point = 'Point',
): Table {
  const longest = Math.max(0, ...masks.map(({ losses }) => losses.length));
  return {
    columns: [text(point), ...masks.map(({ model }) => number(model))],
    rows: Array.from({ length: longest }, (_, i) => [
      String(i + 1),
      ...masks.map(({ losses }) => losses[i] ?? ''),
    ]),
  };
}

/** The losses of a search that is at work, step by step. */
export const lossTable = (losses: readonly number[]) =>
  lossesTable([{ model: 'Loss', losses: [...losses] }], 'Step');

/** What the losses of finished masks say, together. */
export function lossesTitle(masks: readonly LocalizedMask[]): string {
  const [only] = masks;
  if (only && masks.length === 1) return lossTitle(only.losses);
  const fell = masks.filter(({ losses }) => {
    const ends = lossEnds(losses);
    return ends !== null && ends.last < ends.first;
  });
  if (fell.length === masks.length) return 'Every loss fell while localizing';
  return `The loss fell for ${fell.length} of ${masks.length} models`;
}

export function histogramTable(bins: readonly number[]): Table {
  const at = (i: number) => (i / bins.length).toFixed(2);
  return {
    columns: [text('σ(S)'), count('Positions')],
    rows: bins.map((positions, i) => [`${at(i)} to ${at(i + 1)}`, positions]),
  };
}

/** What the histogram of σ(S) says: how many positions are decided. */
export function histogramTitle(bins: readonly number[]): string {
  const total = sum(bins, (positions) => positions);
  const inside = sum(bins.slice(bins.length / 2), (positions) => positions);
  return total ? `${formatCount(inside)} of ${formatCount(total)} weights beyond ½` : 'Mask';
}
