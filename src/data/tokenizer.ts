import { Tokenizer as Library } from '@huggingface/tokenizers';
import { badFile, incompatible, unsupported } from '../errors.ts';
import { framesOf, type Frames } from './frames.ts';
import { parseJson } from './parseJson.ts';
import { asPython, following, prefixesSpace } from './pythonTokenizer.ts';
import { specialTokens } from './specialTokens.ts';
import type { SpecialTokens } from './specialTokens.ts';
import { bytePairTokenizer, wordPieceTokenizer } from './tokenizerFiles.ts';
import { isRecord, readTokenizerJson, readVocabulary } from './tokenizerJson.ts';
import type { TokenizerJson } from './tokenizerJson.ts';

/** Largest tokenizer file that is read, in bytes. */
export const maxTokenizerBytes = 200e6;

export interface Tokenizer extends Frames {
  /**
   * Ids without special tokens; what looks like a special token in the text is text. What is `within` a text gets no space
   * in front.
   */
  encode(text: string, place?: 'within'): number[];
  /** As `encode`, but what is written as a special token is one: for texts that a chat template made. */
  encodeMarked(text: string): number[];
  decode(ids: readonly number[]): string;
  /** Ids of special tokens, null where the tokenizer has none. */
  special: SpecialTokens;
  /** The mask token takes the white space before it, as RoBERTa's does. */
  maskTakesSpace?: boolean;
  /** Number of ids (largest id + 1). */
  size: number;
}

type Files = ReadonlyMap<string, Blob>;
type Config = Readonly<Record<string, unknown>>;

/**
 * The tokenizer of a model's folder, from tokenizer.json (+ tokenizer_config.json), vocab.json + merges.txt or
 * vocab.txt, files by base name; ids are those of Python's tokenizers. Throws BadFile, Incompatible, Unsupported.
 */
export async function openTokenizer(files: Files, architecture: string | null): Promise<Tokenizer> {
  const config = await readConfig(files, 'tokenizer_config.json');
  const json = await readAny(files, config, architecture);
  const special = specialTokens(json, [config, await readConfig(files, 'special_tokens_map.json')]);
  const library = makeLibrary(asPython(json));
  let marked: Library | null = null;
  let inner: Library | null = null;
  const within = () => {
    const rest = inner ? null : following(json);
    return (inner ??= rest ? makeLibrary(asPython(rest)) : library);
  };
  const prefix = prefixesSpace(json);
  const { vocab } = json.model;
  let size = json.added_tokens.reduce((most, { id }) => Math.max(most, id + 1), 0);
  for (const id of Object.values(vocab)) size = Math.max(size, id + 1);
  return {
    encode(text, place) {
      const bare = place === 'within' || text === '' || text.startsWith(' ');
      const whole = prefix && !bare ? ` ${text}` : text;
      const by = place === 'within' ? within() : library;
      return by.encode(whole, { add_special_tokens: false }).ids;
    },
    encodeMarked(text) {
      marked ??= makeLibrary({ ...asPython(json), added_tokens: json.added_tokens });
      return marked.encode(text, { add_special_tokens: false }).ids;
    },
    ...framesOf(json.post_processor ?? null),
    decode: (ids) => {
      const known = ids.filter((id) => library.id_to_token(id) !== undefined);
      return known.length ? library.decode(known, { clean_up_tokenization_spaces: false }) : '';
    },
    special,
    maskTakesSpace: json.added_tokens.some(({ id, lstrip }) => lstrip && id === special.mask),
    size,
  };
}

function makeLibrary(json: object): Library {
  try {
    return new Library(json, {});
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw unsupported(
      `The tokenizer has a part that is not supported: ${cause}. Use a BERT, RoBERTa, GPT-2, CLIP or Llama tokenizer.`,
      error,
    );
  }
}

async function readAny(
  files: Files,
  config: Config,
  architecture: string | null,
): Promise<TokenizerJson> {
  const json = files.get('tokenizer.json');
  if (json) return readTokenizerJson(await readJson(json, 'tokenizer.json'));
  if (architecture === 'llama')
    throw badFile(
      "The model's folder holds no tokenizer.json, and the other files do not tell how its text is split. Add it from where the model was downloaded.",
    );
  const vocabJson = files.get('vocab.json');
  const merges = files.get('merges.txt');
  if (vocabJson && merges) {
    const vocab = readVocabulary(await readJson(vocabJson, 'vocab.json'), 'vocab.json');
    return bytePairTokenizer(vocab, await readText(merges, 'merges.txt'), config);
  }
  const vocabText = files.get('vocab.txt');
  if (vocabText) return wordPieceTokenizer(await readText(vocabText, 'vocab.txt'), config);
  const half = vocabJson
    ? 'vocab.json without merges.txt'
    : merges
      ? 'merges.txt without vocab.json'
      : '';
  const met = half || 'no tokenizer file';
  const wanted = architecture === 'bert' ? 'vocab.txt' : 'vocab.json and merges.txt';
  throw badFile(
    `The model's folder holds ${met}. Add tokenizer.json, or ${wanted}, from where the model was downloaded.`,
  );
}

async function readText(blob: Blob, name: string): Promise<string> {
  if (blob.size > maxTokenizerBytes) {
    throw badFile(
      `${name} has ${blob.size} bytes, more than the ${maxTokenizerBytes} a tokenizer may have. Choose the right file.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await blob.arrayBuffer());
  } catch (error) {
    throw badFile(`${name} is not valid UTF-8. Download it again.`, error);
  }
}

const readJson = async (blob: Blob, name: string) =>
  parseJson(await readText(blob, name), name, 'Download it again.');

async function readConfig(files: Files, name: string): Promise<Config> {
  const blob = files.get(name);
  const config = blob ? await readJson(blob, name) : {};
  return isRecord(config) ? config : {};
}

/**
 * Throws Incompatible when the tokenizer has ids without a row of the embedding, or when the embedding has so many more
 * rows than padding explains (5 % + 256) that it belongs to another tokenizer.
 */
export function checkVocabulary(tokenizer: Tokenizer, embeddingRows: number, model: string): void {
  const { size } = tokenizer;
  if (size <= embeddingRows && embeddingRows <= size * 1.05 + 256) return;
  throw incompatible(
    `The tokenizer of ${model} has ${size} ids, but its embedding has ${embeddingRows} rows: they belong to different models. Take the tokenizer files from the folder that the weights came from.`,
  );
}
