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

/** The classes of the patterns of GPT-2, CLIP, Llama 3 and Qwen as Python sees them; other classes stay. */
const mendPattern = (pattern: string) =>
  pattern.replace(/\[[^\]]*\]|\\p\{[LN]\}/g, (found) => {
    if (found === '[^\\s\\p{L}\\p{N}]') return others;
    if (found === '[^\\r\\n\\p{L}\\p{N}]') return `(?:${found}|[${newLettersAndNumbers}])`;
    if (found === '\\p{L}' || found === '[\\p{L}]') return letters;
    return found === '\\p{N}' || found === '[\\p{N}]' ? numbers : found;
  });

const words = mendPattern(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
);

/** Metaspace splits before each mark unless it says not to, and an older file says `add_prefix_space` alone. */
function metaspace(part: TokenizerPart): TokenizerPart {
  const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? 'never' : 'always');
  const whole = { ...part, prepend_scheme: scheme };
  const mark = part.replacement ?? '▁';
  if (part.split === false || typeof mark !== 'string') return whole;
  const words = `${mark}[^${mark}]*|[^${mark}]+`;
  return { type: 'Sequence', pretokenizers: [whole, split(words, 'Removed', true)] };
}

/** The same for text that follows other text: no mark is put in front. Null where none is put anyway. */
export function following(json: TokenizerJson): TokenizerJson | null {
  const rest = (part: TokenizerPart, list: 'normalizers' | 'pretokenizers'): TokenizerPart => {
    if (part.type === 'Metaspace') return { ...part, prepend_scheme: 'never' };
    if (part.type !== 'Sequence') return part;
    const kept = asParts(part[list]).filter(({ type }) => type !== 'Prepend');
    return { ...part, [list]: kept.map((each) => rest(each, list)) };
  };
  const { normalizer, pre_tokenizer } = json;
  if (!/"type":"(?:Prepend|Metaspace)"/.test(JSON.stringify([normalizer, pre_tokenizer])))
    return null;
  return {
    ...json,
    normalizer:
      normalizer?.type === 'Prepend' ? null : normalizer && rest(normalizer, 'normalizers'),
    pre_tokenizer: pre_tokenizer && rest(pre_tokenizer, 'pretokenizers'),
  };
}

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
  if (part.type === 'Metaspace') return metaspace(part);
  if (part.type === 'Digits')
    return split(part.individual_digits === true ? '\\p{N}' : '\\p{N}+', 'Isolated');
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
 * space, a last sigma, the order of BertNormalizer, Chinese beyond 16 bits, digits, words of Metaspace, the age of Unicode
 * tables. Special tokens are left out of `added_tokens`, so that they never come from text.
 */
export function asPython(json: TokenizerJson): object {
  const special = json.added_tokens.filter((token) => token.special);
  const known = special.map(({ content, id }): [string, number] => [content, id]);
  const { model } = json;
  const whole =
    json.pre_tokenizer && prefixesSpace(json)
      ? { ...json.pre_tokenizer, add_prefix_space: false }
      : json.pre_tokenizer;
  const vocab = { ...model.vocab, ...Object.fromEntries(known) };
  return {
    added_tokens: json.added_tokens.filter((token) => !token.special),
    normalizer: json.normalizer && mendNormalizer(json.normalizer),
    pre_tokenizer: whole && mendPreTokenizer(whole),
    post_processor: null,
    decoder: json.decoder,
    model: { ...model, vocab },
  };
}
