import { badFile } from '../errors.ts';
import { textChunks } from './textLines.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Most tokens that are kept of a text. */
export const maxTextTokens = 32e6;

/** Characters that are tokenized at once; they end at a line break, where no token crosses. */
const pieceLength = 1 << 16;

/**
 * Plain text as blocks of `blockLength` token ids for language models; the last, shorter one is left out. Throws BadFile
 * when there is not one, or too much text.
 */
export async function readTextBlocks(
  blob: Blob,
  tokenizer: Tokenizer,
  blockLength: number,
  name = 'The text',
): Promise<number[][]> {
  const blocks: number[][] = [];
  let ids: number[] = [];
  let place: 'within' | undefined;
  for await (const piece of textPieces(name, blob)) {
    ids = ids.concat(tokenizer.encode(piece, place));
    place = 'within';
    let start = 0;
    for (; start + blockLength <= ids.length; start += blockLength) {
      blocks.push(ids.slice(start, start + blockLength));
    }
    ids = ids.slice(start);
    if (blocks.length * blockLength <= maxTextTokens) continue;
    const message = `${name} has more than ${maxTextTokens} tokens. Take a part of it.`;
    throw badFile(message);
  }
  if (blocks.length) return blocks;
  throw badFile(
    `${name} has ${ids.length} tokens, fewer than one block of ${blockLength}. Choose a longer text or shorter blocks.`,
  );
}

async function* textPieces(name: string, blob: Blob): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of textChunks(name, blob)) {
    text += chunk;
    for (let end = pieceEnd(text); end > 0; end = pieceEnd(text)) {
      yield text.slice(0, end);
      text = text.slice(end);
    }
  }
  if (text) yield text;
}

/**
 * Where the next piece ends; 0 when more text is needed. After a line break alone, since tokenizers of Llama 3's kind join
 * breaks with what is before them; in texts that have none, before the last break in a row, as GPT-2 splits them.
 */
function pieceEnd(text: string): number {
  if (text.length < pieceLength) return 0;
  const find = (pattern: RegExp) => {
    pattern.lastIndex = pieceLength;
    return pattern.exec(text)?.index;
  };
  const alone = find(/(?<=\S)\n(?=\S)/g);
  if (alone !== undefined) return alone + 1;
  return text.length < 2 * pieceLength ? 0 : (find(/\n(?=\S)/g) ?? 0);
}
