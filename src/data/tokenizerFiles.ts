import { badFile } from '../errors.ts';
import type { AddedToken, TokenizerJson, TokenizerPart } from './tokenizerJson.ts';

/** Special tokens of the families whose tokenizers come without tokenizer.json. */
const specials = {
  bert: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
  roberta: ['<s>', '<pad>', '</s>', '<unk>', '<mask>'],
  gpt2: ['<|endoftext|>'],
  clip: ['<|startoftext|>', '<|endoftext|>'],
};

const added = (vocab: Record<string, number>, contents: readonly string[]): AddedToken[] =>
  contents.flatMap((content) => {
    const id = Object.hasOwn(vocab, content) ? vocab[content] : undefined;
    return id === undefined ? [] : [{ id, content, special: true, lstrip: content === '<mask>' }];
  });

/** The lines of a vocabulary file, without the empty ones at its end. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

const clipPattern =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

const clipNormalizer: TokenizerPart = {
  type: 'Sequence',
  normalizers: [
    { type: 'NFC' },
    { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
    { type: 'Lowercase' },
  ],
};

const clipPreTokenizer: TokenizerPart = {
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: clipPattern }, behavior: 'Removed', invert: true },
    { type: 'ByteLevel', add_prefix_space: false },
  ],
};

/** The tokenizer of RoBERTa, GPT-2 or CLIP (told by its special tokens) from vocab.json and the text of merges.txt, as transformers makes it. */
export function bytePairTokenizer(
  vocab: Record<string, number>,
  mergesText: string,
  config: Readonly<Record<string, unknown>>,
): TokenizerJson {
  const has = (token: string) => Object.hasOwn(vocab, token);
  const family = has('<|startoftext|>') ? 'clip' : has('<mask>') ? 'roberta' : 'gpt2';
  const clip = family === 'clip';
  const byteLevel = { type: 'ByteLevel', add_prefix_space: config.add_prefix_space === true };
  const model = {
    type: 'BPE',
    vocab,
    merges: readMerges(mergesText),
    unk_token: clip ? '<|endoftext|>' : null,
    end_of_word_suffix: clip ? '</w>' : '',
  };
  return {
    added_tokens: added(vocab, specials[family]),
    normalizer: clip ? clipNormalizer : null,
    pre_tokenizer: clip ? clipPreTokenizer : byteLevel,
    decoder: { type: 'ByteLevel' },
    model,
  };
}

function readMerges(text: string): [string, string][] {
  const lines = linesOf(text);
  return lines.flatMap((line, at) => {
    if (at === 0 && line.startsWith('#version')) return [];
    const [left, right, more] = line.split(' ');
    if (left && right && more === undefined) return [[left, right] as [string, string]];
    throw badFile(
      `merges.txt has ${JSON.stringify(line.slice(0, 60))} in line ${at + 1}, where two tokens with a space between must be. Download it again.`,
    );
  });
}

/**
 * BERT's tokenizer from the text of vocab.txt, as transformers makes it; without do_lower_case in tokenizer_config.json
 * it lower-cases unless the vocabulary has upper-case pieces.
 */
export function wordPieceTokenizer(
  text: string,
  config: Readonly<Record<string, unknown>>,
): TokenizerJson {
  const tokens = linesOf(text);
  const vocab = Object.fromEntries(tokens.map((token, id): [string, number] => [token, id]));
  if (!Object.hasOwn(vocab, '[UNK]')) {
    throw badFile(
      'vocab.txt has no line "[UNK]", which a WordPiece vocabulary must have. Download it again, or add tokenizer.json.',
    );
  }
  const cased = tokens.some((token) => !/^\[.*\]$/.test(token) && /\p{Lu}/u.test(token));
  const lowercase = typeof config.do_lower_case === 'boolean' ? config.do_lower_case : !cased;
  return {
    added_tokens: added(vocab, specials.bert),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars !== false,
      strip_accents: config.strip_accents ?? null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      vocab,
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  };
}
