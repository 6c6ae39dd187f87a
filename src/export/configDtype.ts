import type { OutDtype } from '../recipe/recipe.ts';

/** The text of config.json with the dtype of the weights beside it, as which transformers opens them; the rest as it was. */
export function withDtype(config: string, dtype: OutDtype): string {
  if (dtype === 'base') return config;
  // By the text, as JSON.parse would lose 1.0 and large numbers.
  return config.replace(/("(?:torch_)?dtype"\s*:\s*)(?:"[^"\\]*"|null)/g, `$1"${dtype}"`);
}
