import type { TokenizerJson } from './tokenizerJson.ts';
import { isRecord } from './tokenizerJson.ts';

/** Ids of special tokens, null where a tokenizer has none. */
export interface SpecialTokens {
  cls: number | null;
  sep: number | null;
  mask: number | null;
  pad: number;
  unk: number | null;
  bos: number | null;
  eos: number | null;
}

/** Contents tried in order when no configuration names the token. */
const usual = {
  cls: ['[CLS]'],
  sep: ['[SEP]'],
  mask: ['[MASK]', '<mask>'],
  pad: ['[PAD]', '<pad>'],
  unk: ['[UNK]', '<unk>'],
  bos: ['<s>', '<bos>', '<|startoftext|>', '<|begin_of_text|>', '<|endoftext|>'],
  eos: ['</s>', '<eos>', '<|end_of_text|>', '<|endoftext|>'],
};

/** The special tokens that tokenizer_config.json or special_tokens_map.json name, else those of the usual names. */
export function specialTokens(
  json: TokenizerJson,
  configs: readonly Readonly<Record<string, unknown>>[],
): SpecialTokens {
  const idOf = (content: string | undefined): number | null => {
    if (content === undefined) return null;
    const token = json.added_tokens.find((each) => each.content === content);
    const { vocab } = json.model;
    return token?.id ?? (Object.hasOwn(vocab, content) ? (vocab[content] ?? null) : null);
  };
  const find = (role: keyof typeof usual): number | null => {
    const named = configs.map((config) => contentOf(config[`${role}_token`]));
    return [...named, ...usual[role]].map(idOf).find((id) => id !== null) ?? null;
  };
  const mask = find('mask');
  const bos = find('bos');
  const eos = find('eos');
  const masked = mask !== null;
  return {
    cls: find('cls') ?? (masked ? bos : null),
    sep: find('sep') ?? (masked ? eos : null),
    mask,
    pad: find('pad') ?? eos ?? 0,
    unk: find('unk'),
    bos,
    eos,
  };
}

const contentOf = (value: unknown): string | undefined => {
  const content = isRecord(value) ? value.content : value;
  return typeof content === 'string' ? content : undefined;
};
