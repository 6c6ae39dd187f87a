import { formatList, formatPercent } from '../ui/format.ts';
import type { RunResult } from '../api/results.ts';
import { pairsOf, ratio, sum } from './numbers.ts';
import {
  allPatches,
  capital,
  changedByGroup,
  jaccardMatrix,
  type QuiltData,
} from './resultFigures.ts';
import { sortRows } from '../ui/table.ts';

/** What the bars of density say. */
export function densityTitle({ density, models }: RunResult, masks: boolean): string {
  const low = formatPercent(Math.min(...density));
  const high = formatPercent(Math.max(...density));
  const span = low === high ? low : `${low} to ${high}`;
  const [which, verb] = masks ? ['mask', 'holds'] : ['model', 'differs from the base in'];
  return `${models.length === 1 ? 'The' : 'Each'} ${which} ${verb} ${span} of the weights in scope`;
}

/** What the heat map says: the pair that shares most. */
export function jaccardTitle(result: RunResult, masks: boolean): string {
  const [most] = sortRows(pairsOf(jaccardMatrix(result)), ({ value }) => value, 'descending');
  if (!most) return 'One model alone: there is nothing to overlap';
  const what = masks ? 'masks' : 'changed positions';
  return result.models.length === 2
    ? `The ${what} share ${formatPercent(most.value)} of their positions`
    : `${capital(what)} share at most ${formatPercent(most.value)}: ${namesOf(result, most)}`;
}

const namesOf = ({ models }: RunResult, { i, j }: { i: number; j: number }) =>
  formatList([models[i] ?? '', models[j] ?? '']);

const tinyOverlap = 0.05;

/** A cosine with two decimals and a true minus sign. */
export const formatCosine = (cosine: number) =>
  (Math.abs(cosine) < 0.005 ? 0 : cosine).toFixed(2).replace('-', '\u2212');

/** What the map of cosines says: the pair that points most the same or the opposite way. */
export function cosineTitle(result: RunResult): string {
  const pairs = pairsOf(result.cosines);
  const [most] = sortRows(pairs, ({ value }) => Math.abs(value), 'descending');
  if (!most) return 'One model alone: there is nothing to compare';
  return result.models.length === 2
    ? `The masked task vectors have a cosine of ${formatCosine(most.value)}`
    : `Cosines reach ${formatCosine(most.value)}: ${namesOf(result, most)}`;
}

/** What a cosine of masked task vectors is, and how little it says when the masks hardly meet (He et al. 2025, §5). */
export function cosineNote(result: RunResult): string {
  const most = Math.max(0, ...pairsOf(jaccardMatrix(result)).map(({ value }) => value));
  const what = 'Cosine of each pair of masked task vectors, 0 where a mask is not.';
  return most < tinyOverlap
    ? `${what} The masks share at most ${formatPercent(most)} of their positions: a cosine over so few shared positions says little.`
    : what;
}

/** What the histogram of owners says. */
export function ownersTitle({ owners }: RunResult, masks: boolean): string {
  const owned = sum(owners.slice(1), (count) => count);
  const alone = formatPercent(ratio(owners[1] ?? 0, owned));
  if (!owned) return 'No position has an owner';
  return masks
    ? `${alone} of the masked positions belong to one task alone`
    : `${alone} of the changed positions differ in one model alone`;
}

/** What the quilt says: its densest patch. */
export function quiltTitle(quilt: QuiltData): string {
  const patches = allPatches(quilt);
  const most = patches
    .map((patch) => ({ patch, top: Math.max(0, ...patch.density) }))
    .toSorted((a, b) => b.top - a.top)[0];
  if (!most?.top) return 'No patch has a stitch';
  const tops = patches.map(({ density }) => Math.max(0, ...density));
  if (Math.min(...tops) > 0.9 * most.top) return `Every patch is stitched about evenly`;
  return `Stitches are densest in ${lower(most.patch.name)}: ${formatPercent(most.top)}`;
}

function lower(name: string): string {
  return name.startsWith('MLP') || name.startsWith('LayerNorm')
    ? name
    : name.charAt(0).toLowerCase() + name.slice(1);
}

/** What the bars of changed shares say. */
export function changedTitle(result: RunResult): string {
  const groups = changedByGroup(result);
  const [most] = groups;
  if (!most?.share) return 'No weight changed';
  const least = groups.at(-1)?.share ?? 0;
  if (groups.length > 1 && least > 0.95 * most.share)
    return `Every group changed about as much: ${formatPercent(most.share)}`;
  if (groups.length === 1) return `${formatPercent(most.share)} of the weights in scope changed`;
  return `${most.name} changed most: ${formatPercent(most.share)} of its weights`;
}
