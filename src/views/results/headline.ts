import type { OutDtype } from '../../recipe/recipe.ts';
import { formatPercent } from '../../ui/format.ts';
import type { RunResult } from '../../worker/types.ts';

/** The answer of a run in one sentence: "1.9 % of weights changed; every other weight is the base's, bit for bit". */
export function headline({ parameters }: RunResult, outDtype: OutDtype): string {
  const { changed, total } = parameters;
  if (!changed) return 'No weight changed: the result is the base';
  const share = `${formatPercent(changed / Math.max(1, total))} of weights changed`;
  if (changed === total) return share;
  const kept =
    outDtype === 'base' ? 'the base’s, bit for bit' : `the base’s, written as ${outDtype}`;
  return `${share}; every other weight is ${kept}`;
}
