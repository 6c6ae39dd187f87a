import { Parser, visit, type CST, type Document } from 'yaml';
import { badFile } from '../errors.ts';

const maxCharacters = 1_000_000;
const maxDepth = 30;

/** Each alias is looked up by a walk over the document, so they are few. */
export const maxAliases = 100;

/**
 * Throws `BadFile` for a text too long or too deeply nested to be composed safely: the composer of
 * `yaml` recurses and deep text would exhaust the stack; its parser does not.
 */
export function refuseOversize(text: string): void {
  if (text.length > maxCharacters)
    throw badFile(
      `The recipe has ${text.length} characters; a recipe may have ${maxCharacters}. Is it the right file?`,
    );
  const waiting: { token: CST.Token; depth: number }[] = [];
  for (const token of new Parser().parse(text)) waiting.push({ token, depth: 0 });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) throw badFile(`The recipe is nested more than ${maxDepth} levels deep.`);
    const inner =
      'items' in token ? token.items.flatMap(({ key, value }) => [key, value]) : [valueOf(token)];
    for (const each of inner) if (each) waiting.push({ token: each, depth: depth + 1 });
  }
}

function valueOf(token: CST.Token): CST.Token | undefined {
  return token.type === 'document' ? token.value : undefined;
}

/** Whether the document holds more than `maxAliases` aliases. */
export function hasTooManyAliases(document: Document.Parsed): boolean {
  let aliases = 0;
  visit(document, {
    Alias: () => (++aliases > maxAliases ? visit.BREAK : undefined),
  });
  return aliases > maxAliases;
}
