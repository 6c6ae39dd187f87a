import { formatPercent } from '../../ui/format.ts';
import { meanKnown } from '../../plots/liveBars.ts';

/** One of the answers that may be guessed. */
export interface GuessOption {
  value: string;
  label: string;
}

/** What was measured: the option that it comes to, and in words. */
export interface Truth {
  value: string;
  text: string;
}

/** An option that holds for shares below `below`, and not for those of the options before it. */
interface Range extends GuessOption {
  below: number;
}

/** The option whose range a share lies in: the ranges rise, and the last is open. */
export function rangeOf(ranges: readonly Range[], share: number): string {
  return (ranges.find(({ below }) => share < below) ?? ranges.at(-1))?.value ?? '';
}

/** Of what fine-tuning gained on a task. */
export const gains: readonly Range[] = [
  { value: 'nothing', label: 'almost nothing', below: 0.1 },
  { value: 'part', label: 'less than half', below: 0.5 },
  { value: 'most', label: 'more than half', below: 0.9 },
  { value: 'all', label: 'almost all', below: Infinity },
];

/** Of the size of a file. */
export const sizes: readonly Range[] = [
  { value: 'hundredth', label: 'a hundredth', below: 0.015 },
  { value: 'tenth', label: 'up to a tenth', below: 0.15 },
  { value: 'half', label: 'up to half', below: 0.6 },
  { value: 'whole', label: 'as large', below: Infinity },
];

/** Of the mean accuracy of other tasks. */
export const changes: readonly Range[] = [
  { value: 'falls', label: 'it falls too', below: -0.03 },
  { value: 'stays', label: 'it stays', below: 0.03 },
  { value: 'rises', label: 'it rises', below: Infinity },
];

/** How much of a task's gain from the base to its fine-tune an accuracy keeps; null where nothing was gained or is known. */
export function gainKept(
  share: number | null,
  base: number | null,
  tuned: number | null,
): number | null {
  if (share === null || base === null || tuned === null || tuned <= base) return null;
  return (share - base) / (tuned - base);
}

/** What is said while the share of a gain is not known; there may be none to share. */
export function gainWaiting(base: number | null, tuned: number | null): string {
  const none = base !== null && tuned !== null && tuned <= base;
  return none ? 'Fine-tuning gained nothing on these tests.' : 'Measuring';
}

/** A share of the gain, of each way that was measured, the first the one asked about; null while that is unknown. */
export function gainTruth(ways: readonly { name: string; kept: number | null }[]): Truth | null {
  const known = ways.flatMap(({ name, kept }) => (kept === null ? [] : { name, kept }));
  const [first] = known;
  if (!first || ways[0]?.kept === null) return null;
  const text = known.map(({ name, kept }) => `${name} ${formatPercent(kept)} of the gain`);
  return { value: rangeOf(gains, first.kept), text: text.join(', ') };
}

/** What became of the mean accuracy of some tasks; null unless all are known, or of none. */
export function changeTruth(
  before: readonly (number | null)[],
  after: readonly (number | null)[],
): Truth | null {
  if ([...before, ...after].includes(null)) return null;
  const [from, to] = [meanKnown(before), meanKnown(after)];
  if (from === null || to === null) return null;
  const text = `from ${formatPercent(from)} to ${formatPercent(to)} on average`;
  return { value: rangeOf(changes, to - from), text };
}

/** The option with the least ratio to a density. */
export function nearestDensity(options: readonly number[], density: number): number {
  const away = (option: number) => Math.abs(Math.log(option / density));
  return options.toSorted((a, b) => away(a) - away(b))[0] ?? density;
}
