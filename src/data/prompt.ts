import { AppError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A model input: ids with special tokens; `at` is the position whose hidden state is read: the mask token's, 0 ([CLS]) without template. */
export interface Encoded {
  ids: number[];
  types: number[];
  at: number;
  truncated: boolean;
}

export type Field = 'text' | 'text_b' | 'mask';

/** The pieces of a prompt in order; fields are filled per row. */
export interface Template {
  parts: readonly ({ text: string } | { field: Field })[];
}

/** Reads "{text} It was{mask} ."; throws BadFile for unknown fields, not exactly one {mask}, or no {text}. */
export function parseTemplate(text: string): Template {
  throw new AppError('Bug', `not yet: ${text}`);
}

/** A row as model input of at most `maxLength` tokens: through the template, or as `pairs` tells of one or two texts. */
export function encodePrompt(
  tokenizer: Tokenizer,
  template: Template | null,
  row: { text: string; text_b?: string },
  maxLength: number,
  pairs: 'roberta' | 'bert',
): Encoded {
  throw new AppError(
    'Bug',
    `not yet: ${tokenizer.size} ${template} ${row.text} ${maxLength} ${pairs}`,
  );
}

/** The token of each label word; throws BadFile when a word is not exactly one. */
export function labelWordIds(tokenizer: Tokenizer, words: readonly string[]): number[] {
  return words.map((word) => tokenizer.encode(word)[0]!);
}
