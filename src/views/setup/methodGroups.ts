import type { MethodGroup, MethodInfo } from '../../api/methods.ts';

const names: Record<MethodGroup, string> = {
  start: 'Start here',
  sparse: 'Sparse: drop changes, keep the rest',
  spectral: 'Spectral: by singular directions',
  between: 'Between models: by length and angle',
  data: 'Learned from data',
};

/** The methods that have all these words in their name or line, by group; a group without one is left out. */
export function methodGroups<M extends Pick<MethodInfo, 'id' | 'group' | 'label' | 'summary'>>(
  methods: readonly M[],
  sought: string,
): { name: string; members: M[] }[] {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const found = methods.filter(({ id, label, summary }) => {
    const text = `${id} ${label} ${summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return Object.entries(names).flatMap(([group, name]) => {
    const members = found.filter((each) => each.group === group);
    return members.length > 0 ? [{ name, members }] : [];
  });
}
