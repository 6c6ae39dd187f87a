import { badFile, faultsOf, incompatible } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What an example or a question has to read. */
export interface Texts {
  text: string;
  text_b?: string;
}

/** How transformers joins two texts of these families. */
type Pairs = 'roberta' | 'bert' | 'decoder';

/** A model input: ids with special tokens; `at` is the position whose hidden state is read: the mask token's, 0 ([CLS]) without template, of decoders the last. */
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

const fields: readonly Field[] = ['text', 'text_b', 'mask'];
const isField = (name: string): name is Field => fields.some((field) => field === name);

/** Reads "{text} It was{mask} ."; throws BadFile for unknown fields, not exactly one {mask}, or no {text}. */
export function parseTemplate(text: string): Template {
  const fail = faultsOf(
    `The template ${JSON.stringify(text)}`,
    'Write it like "{text} It was{mask} .".',
  );
  const parts: ({ text: string } | { field: Field })[] = [];
  for (const piece of text.split(/(\{[^{}]*\})/)) {
    if (piece === '') continue;
    if (!/[{}]/.test(piece)) {
      parts.push({ text: piece });
      continue;
    }
    const name = piece.slice(1, -1);
    if (!piece.startsWith('{') || !piece.endsWith('}'))
      throw fail('has a brace without its other half');
    if (!isField(name))
      throw fail(`has the unknown field ${piece}; known are {text}, {text_b}, {mask}`);
    parts.push({ field: name });
  }
  const count = (name: Field) =>
    parts.filter((part) => 'field' in part && part.field === name).length;
  if (count('mask') !== 1) throw fail(`has ${count('mask')} {mask} where one must be`);
  if (count('text') === 0) throw fail('has no {text}');
  return { parts };
}

/** Tokens of an input before they are cut to length; `from` tells what may be cut. */
interface Piece {
  ids: number[];
  from: 'row' | 'frame';
  type: number;
}

const frame = (id: number | null, type = 0): Piece[] =>
  id === null ? [] : [{ ids: [id], from: 'frame', type }];

const framed = (ids: readonly number[]): Piece => ({ ids: [...ids], from: 'frame', type: 0 });

/**
 * A row as model input of at most `maxLength` tokens: through the template as one sequence, or without one as
 * transformers joins one or two texts. Only the row's texts are cut, the longest first and from its end. A tokenizer
 * without [CLS] gives its beginning and end tokens around them with `at` the end (CLIP), of decoders what its post-processor
 * says: the ids alone (GPT-2), or behind its beginning each (Llama).
 * Throws BadFile when a field is missing or the template alone is too long, Incompatible without a mask token.
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  template: Template | null,
  row: Texts,
  maxLength: number,
  pairs: Pairs,
): Encoded {
  if (pairs === 'decoder' && !template) return encodeFramed(tokenizer, row, maxLength);
  const { cls, sep, bos, eos, mask } = tokenizer.special;
  const clip = cls === null && bos !== eos;
  const [start, end] = clip ? [bos, eos] : [cls, sep];
  const inner = template ? fill(tokenizer, template, row) : join(tokenizer, row, sep, pairs);
  const pieces = [...frame(start), ...inner, ...frame(end, inner.at(-1)?.type)];
  const truncated = cut(pieces, maxLength);
  const ids = pieces.flatMap((piece) => piece.ids);
  const types = pieces.flatMap((piece) => piece.ids.map(() => piece.type));
  const before = pieces.slice(
    0,
    pieces.findIndex(({ ids: [id], from }) => from === 'frame' && id === mask),
  );
  const at = template ? before.reduce((sum, piece) => sum + piece.ids.length, 0) : 0;
  return { ids, types, at: clip && !template ? ids.length - 1 : at, truncated };
}

function encodeFramed(tokenizer: Tokenizer, { text, text_b }: Texts, maxLength: number): Encoded {
  const piece = (of: string): Piece => ({ ids: tokenizer.encode(of), from: 'row', type: 0 });
  const { begins, ends, pair } = tokenizer;
  const pieces =
    text_b === undefined
      ? [framed(begins), piece(text), framed(ends)]
      : [framed(pair.begins), piece(text), framed(pair.between), piece(text_b), framed(pair.ends)];
  const truncated = cut(pieces, maxLength);
  const ids = pieces.flatMap((each) => each.ids);
  return { ids, types: ids.map(() => 0), at: Math.max(0, ids.length - 1), truncated };
}

function join(tokenizer: Tokenizer, row: Texts, sep: number | null, pairs: Pairs): Piece[] {
  const first: Piece = { ids: tokenizer.encode(row.text), from: 'row', type: 0 };
  if (row.text_b === undefined) return [first];
  const type = pairs === 'bert' ? 1 : 0;
  const second: Piece = { ids: tokenizer.encode(row.text_b), from: 'row', type };
  return [first, ...frame(sep), ...(pairs === 'bert' ? [] : frame(sep)), second];
}

/** The template's pieces; a space before a field belongs to the field's first word, as it does in running text. */
function fill(tokenizer: Tokenizer, template: Template, row: Texts): Piece[] {
  const { mask } = tokenizer.special;
  if (mask === null) {
    const message =
      'The tokenizer has no mask token, so that no {mask} can be filled. Leave out the template, or use a RoBERTa or BERT model.';
    throw incompatible(message);
  }
  let space = '';
  return template.parts.flatMap((part, at): Piece[] => {
    if ('text' in part) {
      const next = template.parts[at + 1];
      const toField = next !== undefined && 'field' in next;
      const toMask = toField && next.field === 'mask';
      const kept = part.text.trimEnd();
      if (toField && !toMask) space = part.text.slice(kept.length);
      const ids = tokenizer.encode(
        toField && (!toMask || tokenizer.maskTakesSpace) ? kept : part.text,
      );
      return [{ ids, from: 'frame', type: 0 }];
    }
    if (part.field === 'mask') return frame(mask);
    const text = row[part.field];
    if (text === undefined) {
      const message = `The template has {${part.field}}, but the row has no such text. Choose a column for it, or leave it out of the template.`;
      throw badFile(message);
    }
    const ids = tokenizer.encode(space + text);
    space = '';
    return [{ ids, from: 'row', type: 0 }];
  });
}

/** Shortens the row's pieces to `maxLength` in all, as transformers' longest_first; tells whether it had to. */
function cut(pieces: readonly Piece[], maxLength: number): boolean {
  const rows = pieces.filter(({ from }) => from === 'row');
  const lengths = rows.map(({ ids }) => ids.length);
  const left = [...lengths];
  let over = pieces.reduce((sum, { ids }) => sum + ids.length, 0) - maxLength;
  if (over <= 0) return false;
  for (; over > 0; over--) {
    const longest = Math.max(0, ...left);
    if (longest === 0) throw tooLong(maxLength, over);
    const ties = left.flatMap((length, at) => (length === longest ? [at] : []));
    const shortest = ties.reduce((a, b) => (lengths[b]! < lengths[a]! ? b : a));
    left[shortest] = longest - 1;
  }
  for (const [at, row] of rows.entries()) row.ids = row.ids.slice(0, left[at]);
  return true;
}

const tooLong = (maxLength: number, over: number) =>
  badFile(
    `The template and the special tokens alone have ${maxLength + over} tokens, more than the ${maxLength} of the model's input. Shorten the template or allow longer inputs.`,
  );

/** The token of each label word; throws BadFile when a word is not exactly one. */
export function labelWordIds(tokenizer: Tokenizer, words: readonly string[]): number[] {
  return words.map((word) => {
    const ids = tokenizer.encode(word);
    if (ids.length === 1 && ids[0] !== tokenizer.special.unk) return ids[0]!;
    const pieces = ids.map((id) => JSON.stringify(tokenizer.decode([id]))).join(', ');
    const other = word.startsWith(' ') ? word.trimStart() : ` ${word}`;
    const works = tokenizer.encode(other).length === 1;
    const hint = works ? `Try ${JSON.stringify(other)}.` : 'Try a more common word.';
    throw badFile(
      `The label word ${JSON.stringify(word)} is ${ids.length} tokens (${pieces}), where it must be exactly one known token. ${hint}`,
    );
  });
}
