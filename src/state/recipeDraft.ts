import { maxCharacters } from '../recipe/maxCharacters.ts';

const key = 'recipe';

/** The recipe that lay on the table when the page was left, as text; null where none did that was made by hand. */
export const keptDraft = (): string | null => localStorage.getItem(key);

/** Keeps the recipe on the table for the next visit, unless it is too long for one; null forgets it. */
export function keepDraft(text: string | null): void {
  if (text === null || text.length > maxCharacters) localStorage.removeItem(key);
  else localStorage.setItem(key, text);
}
