import type { MethodInfo } from '../../api/methods.ts';
import type { RunResult, RunSummary } from '../../api/results.ts';
import type { ResultPart } from '../../state/route.svelte.ts';
import { tryInput } from '../../state/tryOut.svelte.ts';

const labels: Record<ResultPart, string> = {
  try: 'Try it',
  scores: 'Scores',
  masks: 'Masks',
  weights: 'Weights',
  more: 'Measure more',
  save: 'Save',
};

/** The parts of a result that have something to show, in order; the first, or saving where nothing can be tried, is shown first. */
export function partsOf(
  run: Pick<RunSummary, 'recipe'>,
  { scores, general = [] }: Pick<RunResult, 'scores' | 'general'>,
  method: Pick<MethodInfo, 'masks'> | null,
): { part: ResultPart; label: string }[] {
  const all = [...scores, ...general];
  // Only where classes are told there are answers to show.
  const tells =
    all.length === 0 || all.some(({ metric }) => metric === 'accuracy' || metric === 'f1');
  const data = tells && tryInput(run.recipe) !== null;
  const has: Record<ResultPart, boolean> = {
    try: data,
    scores: all.length > 0,
    masks: method?.masks ?? true,
    weights: true,
    more: true,
    save: true,
  };
  return (Object.keys(labels) as ResultPart[])
    .filter((part) => has[part])
    .map((part) => ({ part, label: labels[part] }));
}

/** The part that is shown where the address names none, or one that this result lacks. */
export function partShown(
  parts: readonly { part: ResultPart }[],
  asked: ResultPart | null,
): ResultPart {
  if (parts.some(({ part }) => part === asked)) return asked ?? 'save';
  return parts[0]?.part === 'try' ? 'try' : 'save';
}
