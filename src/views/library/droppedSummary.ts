import type { Preflight } from '../../merge/preflightReport.ts';
import { formatCount, formatDtypes, formatList, formatPlural } from '../../ui/format.ts';
import type { Candidate } from '../../worker/types.ts';

const outOfScope = /^out of scope \((embeddings|head)\)$/;

/** What a drop was understood to be: "RoBERTa, 125 M, f32; 3 fine-tunes of it; embeddings and head stay as in the base". */
export function summarizeDrop(
  base: Pick<Candidate, 'architecture' | 'parameters' | 'dtypes'>,
  preflight: Preflight | null,
): string {
  const what = [
    base.architecture?.label ?? 'Unknown architecture',
    formatCount(base.parameters),
    formatDtypes(base.dtypes.slice(0, 2)),
  ].join(', ');
  const fits = preflight?.models.filter(({ refusal }) => refusal === null).length ?? 0;
  const tunes = fits === 1 ? 'a fine-tune of it' : `${formatPlural(fits, 'fine-tune')} of it`;
  const kept = keptGroups(preflight);
  const stays = kept.length
    ? `${formatList(kept)} ${kept.length > 1 ? 'stay' : 'stays'} as in the base`
    : '';
  return [what, fits ? tunes : 'no fine-tune of it yet', fits ? stays : '']
    .filter(Boolean)
    .join('; ');
}

/** Parts of the model outside the scope, e.g. embeddings and head. */
export function keptGroups(preflight: Preflight | null): string[] {
  const groups = (preflight?.tensors ?? []).flatMap(({ reason }) => {
    const found = outOfScope.exec(reason ?? '')?.[1];
    return found ? [found] : [];
  });
  return [...new Set(groups)];
}
