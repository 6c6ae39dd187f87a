import type { OutDtype } from '../recipe/recipe.ts';

/** The text of config.json with the dtype of the weights beside it, as which transformers opens them; the rest as it was. */
export function withDtype(config: string, dtype: OutDtype): string {
  if (dtype === 'base') return config;
  // By the text, as JSON.parse would lose 1.0 and large numbers.
  return config.replace(/("(?:torch_)?dtype"\s*:\s*)(?:"[^"\\]*"|null)/g, `$1"${dtype}"`);
}

/** The text of config.json of weights whose head is its own, and not the embeddings. */
export function withoutTies(config: string): string {
  return withEntry(config, 'tie_word_embeddings', 'false');
}

/** The text of config.json of a model with so many words. */
export function withVocabulary(config: string, words: number): string {
  return /"vocab_size"\s*:/.test(config)
    ? replaced(config, 'vocab_size', `${words}`)
    : withEntry(config, 'vocab_size', `${words}`);
}

/** The text of a JSON object with this value wherever the key stands, and at least at its top. */
function withEntry(text: string, key: string, value: string): string {
  const written = replaced(text, key, value);
  if (Object.hasOwn(objectOf(text), key)) return written;
  return written.replace(/^\s*\{(\s*)(\}?)/, (_, space: string, end: string) =>
    end ? `{"${key}": ${value}}` : `{${space}"${key}": ${value},${space || ' '}`,
  );
}

function replaced(text: string, key: string, value: string): string {
  const found = new RegExp(`("${key}"\\s*:\\s*)(?:true|false|null|\\d+)(?=\\s*[,}])`, 'g');
  return text.replace(found, (_, before: string) => before + value);
}

function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return {};
    throw thrown;
  }
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
