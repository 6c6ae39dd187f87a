import type { LocalizedMask } from '../api/localizing.ts';
import type { RunResult } from '../api/results.ts';
import { count, number, share, text } from './columns.ts';
import { ratio, sum } from './numbers.ts';
import { meanScore, metricsOf } from './scores.ts';
import { sortRows, type Order, type Table } from '../ui/table.ts';

/** What a finished run took and came to; null where it was not measured. */
export interface RunCost {
  run: string;
  method: string;
  /** "Scaled, 5.0 %", or empty for methods without masks. */
  masks: string;
  /** To find masks, also where an earlier run found them; 0 for methods without. */
  localize: number;
  /** All else until the weights were made. */
  merge: number;
  evaluate: number;
  bytesRead: number;
  /** Of all weights, those that differ from the base. */
  changed: number;
  /** Mean score over tasks, by the first metric. */
  score: number | null;
}

/** What each number of a run is called, and how its table shows it. */
const columns = {
  localize: number('Localize, s'),
  merge: number('Merge, s'),
  evaluate: number('Evaluate, s'),
  bytesRead: count('Bytes read'),
  changed: share('Weights changed'),
  score: number('Mean score'),
};
export type CostColumn = keyof typeof columns;

export const costColumns = Object.keys(columns) as CostColumn[];

export const costName = (column: CostColumn) => columns[column].label;

/** Seconds that the searches of a run's masks took; a joint search is one for all of them. */
export function searchSeconds(
  localized: readonly Pick<LocalizedMask, 'seconds' | 'preset'>[],
  joint: (preset: string) => boolean,
): number {
  const own = localized.filter(({ preset }) => !joint(preset));
  const shared = localized.filter(({ preset }) => joint(preset));
  return sum(own, ({ seconds }) => seconds) + Math.max(0, ...shared.map(({ seconds }) => seconds));
}

/** `localizes` says whether the time before merging went into masks. */
export function runCost(
  result: RunResult,
  names: Pick<RunCost, 'method' | 'masks'>,
  localizes: boolean,
  joint: (preset: string) => boolean,
): RunCost {
  const { parameters, seconds } = result;
  const found = Math.max(seconds.localize, searchSeconds(result.localized, joint));
  const [metric] = metricsOf(result.scores);
  return {
    run: result.id,
    ...names,
    bytesRead: result.bytesRead,
    localize: localizes ? found : 0,
    merge: localizes ? seconds.merge : seconds.localize + seconds.merge,
    evaluate: seconds.evaluate,
    changed: ratio(parameters.changed, parameters.total),
    score: metric ? meanScore(result.scores, 'merged', metric) : null,
  };
}

/** Least first, except that the best score comes first. */
export const costOrder = (column: CostColumn): Order =>
  column === 'score' ? 'descending' : 'ascending';

/** What was not measured comes last. */
export function sortCosts(costs: readonly RunCost[], by: CostColumn): RunCost[] {
  return sortRows(costs, (cost) => cost[by], costOrder(by));
}

export function costTable(costs: readonly RunCost[]): Table {
  return {
    columns: [text('Method'), text('Masks'), ...Object.values(columns)],
    rows: costs.map((cost) => [
      cost.method,
      cost.masks,
      ...costColumns.map((column) => cost[column] ?? ''),
    ]),
  };
}
