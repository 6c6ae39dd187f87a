import { Parser, type CST } from 'yaml';
import { badFile } from '../errors.ts';
import { maxCharacters } from './maxCharacters.ts';

const maxDepth = 30;

/** Each alias is looked up by a walk over the document, so they are few. */
export const maxAliases = 100;

/**
 * Whether a text holds more than `maxAliases` aliases. Throws `BadFile` when it is too long or too deeply nested to be
 * composed safely: the composer of `yaml` recurses and deep text would exhaust the stack; its parser does not.
 */
export function hasTooManyAliases(text: string): boolean {
  if (text.length > maxCharacters)
    throw badFile(
      `The recipe has ${text.length} characters; a recipe may have ${maxCharacters}. Is it the right file?`,
    );
  let aliases = 0;
  const waiting: { token: CST.Token; depth: number }[] = [];
  for (const token of new Parser().parse(text)) waiting.push({ token, depth: 0 });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) throw badFile(`The recipe is nested more than ${maxDepth} levels deep.`);
    if (token.type === 'alias') aliases++;
    const inner =
      'items' in token ? token.items.flatMap(({ key, value }) => [key, value]) : [valueOf(token)];
    for (const each of inner) if (each) waiting.push({ token: each, depth: depth + 1 });
  }
  return aliases > maxAliases;
}

function valueOf(token: CST.Token): CST.Token | undefined {
  return token.type === 'document' ? token.value : undefined;
}
