import type { Preflight } from '../../api/preflight.ts';
import { formatCount, formatDtypes, formatList } from '../../ui/format.ts';
import type { Candidate } from '../../api/checkpoints.ts';

const outOfScope = /^out of scope \((embeddings|head)\)$/;

/** What a drop was understood to be, `laid` telling its patches and adapters by name: "RoBERTa, 125 M, f32; 3 fine-tunes of it; embeddings and head stay as in the base". */
export function summarizeDrop(
  base: Pick<Candidate, 'architecture' | 'parameters' | 'dtypes'>,
  preflight: Preflight | null,
  laid: ReadonlyMap<string, 'patch' | 'adapter'> = new Map(),
): string {
  const what = [
    base.architecture?.label ?? 'Unknown architecture',
    formatCount(base.parameters),
    formatDtypes(base.dtypes.slice(0, 2)),
  ].join(', ');
  const fitting = preflight?.models.filter(({ refusal }) => refusal === null) ?? [];
  const fits = fitting.length;
  const count = (kind: 'patch' | 'adapter' | undefined) =>
    fitting.filter(({ name }) => laid.get(name) === kind).length;
  const tunes = formatList([
    ...several(count(undefined), 'a fine-tune', 'fine-tunes'),
    ...several(count('patch'), 'a patch', 'patches'),
    ...several(count('adapter'), 'an adapter', 'adapters'),
  ]);
  const kept = keptGroups(preflight);
  const stays = kept.length
    ? `${formatList(kept)} ${kept.length > 1 ? 'stay' : 'stays'} as in the base`
    : '';
  return [what, fits ? `${tunes} of it` : 'no fine-tune of it yet', fits ? stays : '']
    .filter(Boolean)
    .join('; ');
}

const several = (count: number, one: string, more: string) =>
  count === 0 ? [] : [count === 1 ? one : `${count} ${more}`];

/** Parts of the model outside the scope, e.g. embeddings and head. */
function keptGroups(preflight: Preflight | null): string[] {
  const groups = (preflight?.tensors ?? []).flatMap(({ reason }) => {
    const found = outOfScope.exec(reason ?? '')?.[1];
    return found ? [found] : [];
  });
  return [...new Set(groups)];
}
