import type { Encoded } from './prompt.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A text with what follows it; `types` mark the tokens that are told, `at` is the first of them. */
export interface Continued extends Encoded {
  /** Tokens that are cut off the end of what is told. */
  lost: number;
}

/**
 * A text and its continuation as lm-evaluation-harness tokenizes them: as one, split where the text alone ends, with the
 * white space at its end told too. An empty text is the token of the beginning. Cut to `limit` by `fit`.
 */
export function continued(
  tokenizer: Tokenizer,
  text: string,
  continuation: string,
  limit: number,
  end: readonly number[] = [],
): Continued {
  const { bos, eos } = tokenizer.special;
  const context = text.trimEnd();
  const lead = context === '' ? [bos ?? eos ?? 0] : tokenizer.begins;
  const whole = tokenizer.encode(text + continuation);
  const before = context === '' ? 0 : Math.min(tokenizer.encode(context).length, whole.length - 1);
  const ids = [...lead, ...whole, ...end];
  const at = lead.length + before;
  return fit(
    ids,
    [...ids.keys()].map((k) => (k < at ? 0 : 1)),
    at,
    limit,
  );
}

/** The text with its continuation behind a space, where neither has one. */
export const spaced = (text: string, continuation: string) =>
  /\s$/.test(text) || /^\s/.test(continuation) ? continuation : ` ${continuation}`;

/**
 * Cuts an input to `limit` tokens: its beginning goes, so that what is told from `last` on stays, with a token before it;
 * only where that is too long in itself it loses its end.
 */
export function fit(
  ids: readonly number[],
  types: readonly number[],
  last: number,
  limit: number,
): Continued {
  const lost = Math.max(0, ids.length - last - (limit - 1));
  const over = Math.max(0, ids.length - lost - limit);
  const kept = types.slice(over, ids.length - lost).map((type, k) => (k === 0 ? 0 : type));
  return {
    ids: ids.slice(over, ids.length - lost),
    types: kept,
    at: kept.indexOf(1),
    truncated: over > 0,
    lost,
  };
}

/** Characters that so many tokens surely hold, but for texts of hardly a token each. */
export const charactersPerToken = 64;

/**
 * A prompt and its answer, of which the prompt's own texts are cut where it is too long, from their beginnings: `prompt`
 * makes it with so many of their `length` characters. Where that is not enough it is cut by `fit`.
 */
export function answered(
  tokenizer: Tokenizer,
  { prompt, length, answer, end }: Answered,
  limit: number,
): Continued {
  const encode = (kept: number, most = limit) => {
    const text = prompt(kept);
    return continued(tokenizer, text, answer(text), most, end);
  };
  const least = length > limit * charactersPerToken;
  const whole = encode(least ? limit * charactersPerToken : length);
  if (whole.lost > 0) return whole;
  if (!whole.truncated) return { ...whole, truncated: least };
  let [fits, over] = [-1, Math.min(length, limit * charactersPerToken)];
  while (over - fits > 1) {
    const middle = (fits + over) >> 1;
    if (encode(middle, Infinity).ids.length <= limit) fits = middle;
    else over = middle;
  }
  return fits < 0 ? whole : { ...encode(fits), truncated: true };
}

/** What `answered` makes an input of. */
export interface Answered {
  prompt(kept: number): string;
  length: number;
  /** The answer as it follows that prompt. */
  answer(prompt: string): string;
  /** Tokens told after it. */
  end: readonly number[];
}

/** The ends of texts with so many characters in all, the longest cut first. */
export function keepEnds(texts: readonly string[], kept: number): string[] {
  const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length);
  const ends = [...texts];
  let left = kept;
  for (const [i, at] of order.entries()) {
    const share = Math.min(texts[at]!.length, Math.ceil(left / (texts.length - i)));
    ends[at] = endOf(texts[at]!, share);
    left -= share;
  }
  return ends;
}

/** The last so many characters; a pair of surrogates is not split. */
function endOf(text: string, kept: number): string {
  const end = text.slice(text.length - kept);
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end;
}
