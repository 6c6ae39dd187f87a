import { type TermName, terms } from './terms.ts';

/** Words too plain to be marked wherever they stand; views mark them where they are meant as terms. */
const plain: ReadonlySet<TermName> = new Set<TermName>([
  'base',
  'budget',
  'component',
  'head',
  'layer',
  'loss',
  'owner',
  'parameters',
  'patch',
  'random',
  'run',
  'seed',
  'stitch',
  'template',
  'weight',
  'α',
]);

/** A piece of a text, with the term it names, if any. */
export interface TextPiece {
  text: string;
  term: TermName | null;
}

const names = (Object.keys(terms) as TermName[]).filter((name) => !plain.has(name));
const byWord = new Map(names.map((name) => [name.toLowerCase(), name]));
const words = names
  .toSorted((a, b) => b.length - a.length)
  .map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  .join('|');
const pattern = new RegExp(`(?<![\\w-])(${words})(?:s|es)?(?![\\w-])`, 'gi');

/** Cuts a text at the terms it names, each the first time only, in the singular or plural. */
export function splitTerms(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  const seen = new Set<TermName>();
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const term = byWord.get((match[1] ?? '').toLowerCase());
    if (!term || seen.has(term)) continue;
    seen.add(term);
    pieces.push({ text: text.slice(end, match.index), term: null }, { text: match[0], term });
    end = match.index + match[0].length;
  }
  pieces.push({ text: text.slice(end), term: null });
  return pieces.filter((piece) => piece.text);
}
