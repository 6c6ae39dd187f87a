/** "1 tensor", "1,200 tensors". */
export const plural = (count: number, word: string) =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/** Names that a sentence has at most. */
export const mostNames = 3;

/** "a", "a and b", "a, b, c and 4 more". */
export function listNames(names: readonly string[], most = mostNames): string {
  const more = names.length - most;
  if (more > 0) return `${names.slice(0, most).join(', ')} and ${more} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** "12 %", "0.34 %", "less than 0.001 %". */
export function percent(share: number): string {
  if (share > 0 && share < 1e-5) return 'less than 0.001 %';
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** Words that are all told. */
const mostWords = 12;

/** "a, b, c", or the first of many. */
export const fewOf = (words: readonly string[]): string =>
  words.length > mostWords ? listNames(words) : words.join(', ');

/** " Did you mean ties?" where many words are told by the first, and one of them is near what was met; else nothing. */
export function didYouMean(words: readonly string[], met: unknown): string {
  if (words.length <= mostWords || typeof met !== 'string') return '';
  const near = nearestName(met, words);
  return near === null ? '' : ` Did you mean ${near}?`;
}

/** Names that are looked through, and characters of one. */
const [mostSought, mostLetters] = [20_000, 120];

/** The name that is most likely meant by one that is not there, for "did you mean"; null where none is near. */
export function nearestName(wrong: string, names: readonly string[]): string | null {
  const sought = wrong.toLowerCase();
  if (sought.length > mostLetters) return null;
  let [found, least]: [string | null, number] = [
    null,
    Math.max(1, Math.floor(sought.length / 4)) + 1,
  ];
  for (const name of names.slice(0, mostSought)) {
    if (Math.abs(name.length - sought.length) >= least) continue;
    const steps = stepsBetween(sought, name.toLowerCase());
    if (steps < least) [found, least] = [name, steps];
  }
  return found;
}

/** Letters to be put in, taken out or replaced to make one word of another (Levenshtein). */
function stepsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length]!;
}
