import {
  formerMarks,
  formerPunctuation,
  newFormats,
  newLettersAndNumbers,
  newMarks,
  newNormalForms,
  newPunctuation,
} from './olderUnicode.ts';
import { isRecord } from './tokenizerJson.ts';
import type { TokenizerJson, TokenizerPart } from './tokenizerJson.ts';

const asParts = (value: unknown): TokenizerPart[] =>
  (Array.isArray(value) ? value : []).filter((part): part is TokenizerPart => isRecord(part));

const replace = (pattern: string, content: string): TokenizerPart => ({
  type: 'Replace',
  pattern: { Regex: pattern },
  content,
});

const split = (pattern: string, behavior: string, invert = false): TokenizerPart => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior,
  invert,
});

const sequence = (normalizers: TokenizerPart[]): TokenizerPart => ({
  type: 'Sequence',
  normalizers,
});

/** A normal form that leaves newer characters alone: a noncharacter on both sides keeps them apart meanwhile. */
const normalForm = (type: string) =>
  sequence([
    replace(`[${newNormalForms}]`, '\u{9fffe}$&\u{9fffe}'),
    { type },
    replace(`\\u{9fffe}([${newNormalForms}])\\u{9fffe}`, '$1'),
  ]);

/** Python lower-cases character by character; JavaScript would make a last sigma ς. */
const lowercase = sequence([replace('Σ', 'σ'), { type: 'Lowercase' }]);

const control = `[\\u{0}\\u{fffd}]|(?![\\t\\n\\r${newFormats}])[\\p{Cc}\\p{Cf}\\p{Co}]`;
const nonspacing = `(?![${newMarks}])\\p{Mn}|[${formerMarks}]`;
const chinese =
  '[\\u{4e00}-\\u{9fff}\\u{3400}-\\u{4dbf}\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b73f}\\u{2b740}-\\u{2b81f}' +
  '\\u{2b920}-\\u{2ceaf}\\u{f900}-\\u{faff}\\u{2f800}-\\u{2fa1f}]';
const punctuation = `(?![${newPunctuation}])[\\p{P}!-\\/:-@\\[-\`{-~]|[${formerPunctuation}]`;

/** BertNormalizer in the order of Python's, from the parts that both have. */
function bertNormalizer(part: TokenizerPart): TokenizerPart {
  const strip = part.strip_accents ?? part.lowercase;
  return sequence([
    ...(part.clean_text ? [replace(control, ''), replace('\\s', ' ')] : []),
    ...(part.handle_chinese_chars ? [replace(chinese, ' $& ')] : []),
    ...(strip ? [normalForm('NFD'), replace(nonspacing, '')] : []),
    ...(part.lowercase ? [lowercase] : []),
  ]);
}

function mendNormalizer(part: TokenizerPart): TokenizerPart {
  if (part.type === 'Sequence') return sequence(asParts(part.normalizers).map(mendNormalizer));
  if (part.type === 'Lowercase') return lowercase;
  if (/^NFK?[CD]$/.test(part.type)) return normalForm(part.type);
  return part.type === 'BertNormalizer' ? bertNormalizer(part) : part;
}

const letters = `[\\p{L}&&[^${newLettersAndNumbers}]]`;
const numbers = `[\\p{N}&&[^${newLettersAndNumbers}]]`;
const others = `(?:[^\\s\\p{L}\\p{N}]|[${newLettersAndNumbers}])`;

/** The classes of GPT-2's and CLIP's patterns as Python sees them; other classes stay. */
const mendPattern = (pattern: string) =>
  pattern.replace(/\[[^\]]*\]|\\p\{[LN]\}/g, (found) => {
    if (found === '[^\\s\\p{L}\\p{N}]') return others;
    if (found === '\\p{L}' || found === '[\\p{L}]') return letters;
    return found === '\\p{N}' || found === '[\\p{N}]' ? numbers : found;
  });

const words = mendPattern(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
);

/** Whether text is to begin with a space: the library would put one before every word once they are split. */
export const prefixesSpace = ({ pre_tokenizer: part }: TokenizerJson): boolean =>
  part?.type === 'ByteLevel' && part.add_prefix_space === true;

function byteLevel(part: TokenizerPart): TokenizerPart {
  const pretokenizers = [
    ...(part.use_regex === false ? [] : [split(words, 'Removed', true)]),
    { ...part, use_regex: false },
  ];
  return { type: 'Sequence', pretokenizers };
}

function mendPreTokenizer(part: TokenizerPart): TokenizerPart {
  if (part.type === 'ByteLevel') return byteLevel(part);
  if (part.type === 'Sequence') {
    return { ...part, pretokenizers: asParts(part.pretokenizers).map(mendPreTokenizer) };
  }
  if (part.type === 'BertPreTokenizer') {
    const pretokenizers = [split('\\s+', 'Removed'), split(punctuation, 'Isolated')];
    return { type: 'Sequence', pretokenizers };
  }
  if (part.type !== 'Split' || !isRecord(part.pattern)) return part;
  const { Regex } = part.pattern;
  return typeof Regex === 'string' ? { ...part, pattern: { Regex: mendPattern(Regex) } } : part;
}

/**
 * tokenizer.json rewritten so that the library's ids are those of Python's tokenizers where the two disagree: white
 * space, a last sigma, the order of BertNormalizer, Chinese beyond 16 bits, the age of Unicode tables. Special tokens
 * are left out of `added_tokens`, so that they never come from text.
 */
export function asPython(json: TokenizerJson): object {
  const special = json.added_tokens.filter((token) => token.special);
  const known = special.map(({ content, id }): [string, number] => [content, id]);
  const { model, pre_tokenizer: whole } = json;
  const vocab = { ...model.vocab, ...Object.fromEntries(known) };
  return {
    added_tokens: json.added_tokens.filter((token) => !token.special),
    normalizer: json.normalizer && mendNormalizer(json.normalizer),
    pre_tokenizer: whole && mendPreTokenizer({ ...whole, add_prefix_space: false }),
    post_processor: null,
    decoder: json.decoder,
    model: { ...model, vocab },
  };
}
