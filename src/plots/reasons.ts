import type { LabScore } from '../api/lab.ts';
import { formatPercent } from '../ui/format.ts';
import { bestMethod, type ComparedMethod } from './comparison.ts';
import { shareOf } from './graftFigures.ts';
import type { LiveRow } from './liveBars.ts';
import { densityText, type PairPoint } from './overlapFigures.ts';

/** The density at which TIES is compared. */
const tiesDensity = 0.2;

/** Less than this share is no news. */
const news = 0.01;

/** Why a task is where it is, part of the way from the base to its fine-tune; null where nothing is odd about it. */
export function whyOnTheWay(row: LiveRow, walked: number): string | null {
  const { now, half, base, tuned } = row;
  if (now === null || base === null || tuned === null || tuned <= base) return null;
  if (walked > 1 && now < tuned - half)
    return 'Past 1 the weights are where no training took them.';
  if (walked <= 0 || walked >= 1) return null;
  const gained = (now - base) / (tuned - base);
  if (gained > walked + 0.1)
    return 'An answer turns as soon as the right class is ahead, however little: most turn before all of the way is walked.';
  if (gained < walked - 0.1)
    return 'An answer turns only when the right class overtakes the others: most turn on the last part of the way.';
  return null;
}

/** Why a sum of task vectors fails a task: the one furthest below the base, beyond its interval; null where none is. */
export function whyBelowBase(rows: readonly LiveRow[], weights: readonly number[]): string | null {
  const below = rows.flatMap(({ label, now, half, base, trained }, i) => {
    const weight = weights[i];
    if (!trained || weight === undefined || now === null || base === null) return [];
    return base - now > half ? { label, weight, by: base - now } : [];
  });
  const [worst] = below.toSorted((a, b) => b.by - a.by);
  if (!worst) return null;
  const { label, weight } = worst;
  if (weight < 0) return `${label} is below the base: the opposite of what it learned is added.`;
  const others = weights.filter((each) => each !== 0).length - (weight === 0 ? 0 : 1);
  if (!others) return null;
  const whose =
    others === 1
      ? 'comes the change of one other task, which was'
      : `come the changes of ${others} other tasks, which were`;
  const own = weight === 0 ? 'none' : String(weight);
  return `${label} is below the base: with ${own} of its own change ${whose} not made for it.`;
}

/** Why a mask that was searched for does better than the largest changes of the same number; null unless beyond the interval. */
export function whySearched(searched?: LabScore, largest?: LabScore): string | null {
  if (!searched || !largest) return null;
  const [found, moved] = [shareOf(searched), shareOf(largest)];
  return found.y - moved.y > Math.max(found.half, moved.half)
    ? 'Both masks let as many weights through, but the search chose them by what they do to the answers, not by how far they moved.'
    : null;
}

/**
 * Why two stitched tasks do worse between their best density and putting everything back, or with everything put back;
 * null unless the loss is beyond the interval of the mean.
 */
export function whyPair(points: readonly (PairPoint & { half: number })[]): string | null {
  const full = points.find(({ density }) => density === 1);
  const [best] = points.toSorted((a, b) => b.accuracy - a.accuracy);
  if (!full || !best) return null;
  const between = points.filter(({ density }) => density > best.density && density < 1);
  const [dip] = between.toSorted((a, b) => a.accuracy - b.accuracy);
  const isDip =
    dip && best.accuracy - dip.accuracy > dip.half && full.accuracy - dip.accuracy > news;
  if (isDip) {
    const alone = formatPercent(1 - dip.jaccard);
    return `It dips at ${densityText(dip.density)}: ${alone} of the weights put back carry one task’s change at full size, which the other task feels too. At 100\u00a0% every change is halved, and disturbs less.`;
  }
  if (best.accuracy - full.accuracy <= full.half || full.jaccard < 0.5) return null;
  return `With everything put back the two meet on ${formatPercent(full.jaccard)} of the weights, where each gets half of its own change and half of the other’s; at ${densityText(best.density)} they meet on ${formatPercent(best.jaccard)}.`;
}

/** Why the best of the methods leads on these tasks, stitched at this density; null where what is measured does not tell. */
export function whyBest(
  methods: readonly ComparedMethod[],
  tasks: number,
  density: number,
): string | null {
  const best = bestMethod(methods);
  const stitch = methods.find(({ id }) => id === 'dataless');
  if (!best || !stitch || best.normalised === null || stitch.normalised === null) return null;
  const lead = best.normalised - stitch.normalised;
  if (best.id === 'joint' && lead > news)
    return `As many weights as in the largest-change stitch, but chosen for what they do to the answers of all tasks together, not for how far they moved.`;
  if (lead <= news || tasks < 2 || best.changed === null || stitch.changed === null) return null;
  if (best.id === 'ties' && density < tiesDensity) {
    const more = `TIES lets ${formatPercent(tiesDensity)} of each task’s changes through, the stitch ${formatPercent(density)}: more of each skill comes along`;
    // What the masks hold beyond the weights changed is held twice or more.
    const met = (tasks * tiesDensity - best.changed) / best.changed;
    return met < 0.25
      ? `${more}, and the tasks meet on few weights, ${formatPercent(Math.max(0, met))} of those changed.`
      : `${more}.`;
  }
  if (best.id === 'ties' || best.changed <= stitch.changed) return null;
  const moved = `It changes ${formatPercent(best.changed)} of the weights, the stitch ${formatPercent(stitch.changed)}: more of each skill comes along`;
  const paid =
    best.general !== null && stitch.general !== null && best.general < stitch.general - news;
  return paid
    ? `${moved}, and less is left of what the base knew: ${formatPercent(best.general ?? 0)}, the stitch ${formatPercent(stitch.general ?? 0)}.`
    : `${moved}.`;
}
