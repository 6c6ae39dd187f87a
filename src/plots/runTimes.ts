import type { MetricName } from '../recipe/recipe.ts';
import { formatBytes } from '../ui/format.ts';
import type { LocalizedMask } from '../api/localizing.ts';
import type { RunResult } from '../api/results.ts';
import { count, measure, number, oneDecimal, share } from './columns.ts';
import { ratio, sum } from './numbers.ts';
import { formatScore, meanScore, metricsOf } from './scores.ts';
import { type Measure, measuresTable } from '../ui/table.ts';

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

/** What each number of a run is called, and how it is shown, scores as those of a metric. */
export function costColumns(metric: MetricName = 'accuracy'): Measure<RunCost>[] {
  const score = (value: number) => formatScore(value, metric);
  return [
    measure(number('Localize, s'), 'ascending', ({ localize }) => localize, oneDecimal),
    measure(number('Merge, s'), 'ascending', ({ merge }) => merge, oneDecimal),
    measure(number('Evaluate, s'), 'ascending', ({ evaluate }) => evaluate, oneDecimal),
    measure(count('Bytes read'), 'ascending', ({ bytesRead }) => bytesRead, formatBytes),
    measure(share('Weights changed'), 'ascending', ({ changed }) => changed),
    measure(number('Mean score'), 'descending', (cost) => cost.score, score),
  ];
}

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

export const costTable = (costs: readonly RunCost[]) =>
  measuresTable(costs, ['Method', 'Masks'], ({ method, masks }) => [method, masks], costColumns());
