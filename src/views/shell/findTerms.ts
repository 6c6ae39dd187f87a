import { terms } from '../../ui/terms.ts';

const all = Object.entries(terms)
  .map(([term, line]) => ({ term, line }))
  .toSorted((a, b) => a.term.localeCompare(b.term, 'en'));

/** Terms that have every word of a query, in their names first, then in their lines alone; all in the order of the alphabet. */
export function findTerms(query: string): { term: string; line: string }[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const named = all.filter(({ term }) => has(term));
  const told = all.filter((each) => !named.includes(each) && has(`${each.term} ${each.line}`));
  return [...named, ...told];
}
