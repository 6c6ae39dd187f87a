import type { OutDtype } from '../recipe/recipe.ts';

/** The text of config.json with the dtype of the weights beside it, as which transformers opens them; the rest as it was. */
export function withDtype(config: string, dtype: OutDtype): string {
  if (dtype === 'base') return config;
  // By the text, as JSON.parse would lose 1.0 and large numbers.
  return config.replace(/("(?:torch_)?dtype"\s*:\s*)(?:"[^"\\]*"|null)/g, `$1"${dtype}"`);
}

/** The text of config.json of weights that are codes no more: without `quantization_config`, wherever it stands. */
export function withoutQuantization(config: string): string {
  const entry = /"quantization_config"\s*:\s*/.exec(config);
  if (!entry) return config;
  const before = config.slice(0, entry.index);
  const after = config.slice(endOfValue(config, entry.index + entry[0].length));
  const follows = /^\s*,\s*/.exec(after);
  return withoutQuantization(
    follows ? before + after.slice(follows[0].length) : before.replace(/,\s*$/, '') + after,
  );
}

/** Where a JSON value that begins at `from` ends. */
function endOfValue(text: string, from: number): number {
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]|[^\s"{}[\],]+/g;
  tokens.lastIndex = from;
  let depth = 0;
  for (let token = tokens.exec(text); token; token = tokens.exec(text)) {
    if (/[{[]/.test(token[0][0]!)) depth++;
    else if (/[}\]]/.test(token[0][0]!)) depth--;
    if (depth <= 0) return tokens.lastIndex;
  }
  return text.length;
}
