import { badFile, shownJson, unsupported } from '../errors.ts';

/** A part of tokenizer.json: a normalizer, a pre-tokenizer or a decoder. */
export interface TokenizerPart {
  type: string;
  [option: string]: unknown;
}

/** A token beside the vocabulary of the model; what is `special` never comes from text. */
export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  lstrip: boolean;
  [option: string]: unknown;
}

/** What is used of tokenizer.json. */
export interface TokenizerJson {
  added_tokens: AddedToken[];
  normalizer: TokenizerPart | null;
  pre_tokenizer: TokenizerPart | null;
  post_processor?: TokenizerPart | null;
  decoder: TokenizerPart | null;
  model: TokenizerPart & { vocab: Record<string, number> };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPart = (value: unknown): value is TokenizerPart =>
  isRecord(value) && typeof value.type === 'string';

const modelTypes = ['BPE', 'WordPiece'];

const fail = (what: string, name = 'tokenizer.json'): never => {
  throw badFile(`${name} ${what}. Save the tokenizer again with Python's save_pretrained.`);
};

/** Reads tokenizer.json as far as it is used; throws BadFile, Unsupported. */
export function readTokenizerJson(value: unknown): TokenizerJson {
  if (!isRecord(value) || !isRecord(value.model)) return fail('has no "model"');
  const { model } = value;
  const type = typeof model.type === 'string' ? model.type : guessType(model);
  if (!modelTypes.includes(type)) {
    throw unsupported(
      `tokenizer.json has a model of type ${JSON.stringify(type)}; supported are ${modelTypes.join(', ')}.`,
    );
  }
  if (type === 'BPE' && !Array.isArray(model.merges)) return fail('has no list "merges"');
  const added = value.added_tokens ?? [];
  if (!Array.isArray(added)) return fail('has "added_tokens" that are no list');
  return {
    added_tokens: added.map(readAddedToken),
    normalizer: readPart(value, 'normalizer'),
    pre_tokenizer: readPart(value, 'pre_tokenizer'),
    post_processor: readPart(value, 'post_processor'),
    decoder: readPart(value, 'decoder'),
    model: { ...model, type, vocab: readVocabulary(model.vocab, 'tokenizer.json') },
  };
}

const guessType = (model: Record<string, unknown>) =>
  'merges' in model ? 'BPE' : 'continuing_subword_prefix' in model ? 'WordPiece' : 'none';

function readPart(value: Record<string, unknown>, key: string): TokenizerPart | null {
  const part = value[key] ?? null;
  return part === null || isPart(part) ? part : fail(`has a "${key}" without a type`);
}

function readAddedToken(value: unknown, at: number): AddedToken {
  if (!isRecord(value) || typeof value.content !== 'string' || !isId(value.id)) {
    return fail(`has an added token (number ${at}) without content or id`);
  }
  const { id, content, special, lstrip } = value;
  return { ...value, id, content, special: special === true, lstrip: lstrip === true };
}

const isId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;

/** A vocabulary {token: id} of the file `name`. */
export function readVocabulary(value: unknown, name: string): Record<string, number> {
  if (!isRecord(value)) return fail('has no vocabulary', name);
  const entries: [string, number][] = [];
  for (const [token, id] of Object.entries(value)) {
    if (!isId(id))
      return fail(`gives the token ${JSON.stringify(token)} the id ${shownJson(id)}`, name);
    entries.push([token, id]);
  }
  return Object.fromEntries(entries);
}
