import type { Preflight } from '../../api/preflight.ts';
import { formatCount, formatDtypes, formatList, formatPlural } from '../../ui/format.ts';
import type { Candidate } from '../../api/checkpoints.ts';

const outOfScope = /^out of scope \((embeddings|head)\)$/;

/** What a drop was understood to be, `patches` being the names of those in it: "RoBERTa, 125 M, f32; 3 fine-tunes of it; embeddings and head stay as in the base". */
export function summarizeDrop(
  base: Pick<Candidate, 'architecture' | 'parameters' | 'dtypes'>,
  preflight: Preflight | null,
  patches: readonly string[] = [],
): string {
  const what = [
    base.architecture?.label ?? 'Unknown architecture',
    formatCount(base.parameters),
    formatDtypes(base.dtypes.slice(0, 2)),
  ].join(', ');
  const fitting = preflight?.models.filter(({ refusal }) => refusal === null) ?? [];
  const laid = fitting.filter(({ name }) => patches.includes(name)).length;
  const [fits, tuned] = [fitting.length, fitting.length - laid];
  const tunes = [
    ...(tuned ? [tuned === 1 ? 'a fine-tune' : formatPlural(tuned, 'fine-tune')] : []),
    ...(laid ? [laid === 1 ? 'a patch' : `${laid} patches`] : []),
  ].join(' and ');
  const kept = keptGroups(preflight);
  const stays = kept.length
    ? `${formatList(kept)} ${kept.length > 1 ? 'stay' : 'stays'} as in the base`
    : '';
  return [what, fits ? `${tunes} of it` : 'no fine-tune of it yet', fits ? stays : '']
    .filter(Boolean)
    .join('; ');
}

/** Parts of the model outside the scope, e.g. embeddings and head. */
function keptGroups(preflight: Preflight | null): string[] {
  const groups = (preflight?.tensors ?? []).flatMap(({ reason }) => {
    const found = outOfScope.exec(reason ?? '')?.[1];
    return found ? [found] : [];
  });
  return [...new Set(groups)];
}
