import { AppError } from '../errors.ts';

export interface SpecialTokens {
  cls: number | null;
  sep: number | null;
  mask: number | null;
  pad: number;
  unk: number | null;
  bos: number | null;
  eos: number | null;
}

export interface Tokenizer {
  /** Ids without special tokens; what looks like a special token in the text is text. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  /** Ids of special tokens, null where the tokenizer has none. */
  special: SpecialTokens;
  /** Number of ids (largest id + 1). */
  size: number;
}

/**
 * The tokenizer of a model's folder, from tokenizer.json (+ tokenizer_config.json), vocab.json + merges.txt or
 * vocab.txt, files by base name; throws BadFile, Incompatible.
 */
export async function openTokenizer(
  files: ReadonlyMap<string, Blob>,
  architecture: string | null,
): Promise<Tokenizer> {
  throw new AppError('Bug', `not yet: ${files.size} ${architecture}`);
}

/** Throws Incompatible when the tokenizer has ids that the model's embedding has no row for. */
export function checkVocabulary(tokenizer: Tokenizer, embeddingRows: number, model: string): void {
  if (tokenizer.size <= embeddingRows) return;
  throw new AppError(
    'Incompatible',
    `The tokenizer of ${model} has ${tokenizer.size} ids, but the embedding has ${embeddingRows} rows. Take the tokenizer files from the same folder as the weights.`,
  );
}
