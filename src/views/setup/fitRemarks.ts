import type { ModelFit } from '../../api/preflight.ts';
import { formatPlural } from '../../ui/format.ts';

/** What to know of a model that fits, but not in every tensor: one sentence each. */
export function fitRemarks({ name, missing, extra, shapeDiffers, refusal }: ModelFit): string[] {
  if (refusal !== null) return [];
  const stay = (count: number) => `${count === 1 ? 'stays' : 'stay'} as in the base`;
  const are = (count: number) => (count === 1 ? 'is' : 'are');
  const remarks: [count: number, text: (count: number) => string][] = [
    [missing.length, (n) => `missing there ${stay(n)}`],
    [shapeDiffers.length, (n) => `of another shape there ${stay(n)}`],
    [extra.length, (n) => `found only there ${are(n)} left out`],
  ];
  return remarks
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${name}: ${formatPlural(count, 'tensor')} ${text(count)}.`);
}
