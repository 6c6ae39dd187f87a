/** "1 tensor", "1,200 tensors". */
export const plural = (count: number, word: string) =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/** Names that a sentence has at most. */
export const mostNames = 3;

/** "a", "a and b", "a, b, c and 4 more". */
export function listNames(names: readonly string[]): string {
  const more = names.length - mostNames;
  if (more > 0) return `${names.slice(0, mostNames).join(', ')} and ${more} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** "12 %", "0.34 %", "less than 0.001 %". */
export function percent(share: number): string {
  if (share > 0 && share < 1e-5) return 'less than 0.001 %';
  return `${Number((100 * share).toPrecision(2))} %`;
}
