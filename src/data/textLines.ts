import type { AppError } from '../errors.ts';
import { badFile } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';

/** Longest line, in characters. */
export const maxLineLength = 16e6;

/** What is said of a line that is longer. */
export const lineTooLong = (path: string, line: number) =>
  badFile(
    `${path} has over ${maxLineLength} characters in line ${line}. Put each example on a line of its own.`,
  );

const chunkBytes = 1 << 20;

/** The text of a file in pieces, without byte-order mark; throws BadFile with line and byte where it is no UTF-8. */
export async function* textChunks(
  path: string,
  blob: Blob,
  encoding = 'utf-8',
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  for (let start = 0; start < blob.size; start += chunkBytes) {
    const end = Math.min(start + chunkBytes, blob.size);
    const bytes = await readSlice({ path, blob }, start, end);
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: end < blob.size });
    } catch {
      const from = Math.max(0, start - 3);
      throw invalidUtf8(path, await readSlice({ path, blob }, from, end), from, start - from, line);
    }
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
    yield text;
  }
}

/** `bytes` begin at `offset` of the file; the first `seen` of them were decoded before, `line` counts their lines. */
function invalidUtf8(
  path: string,
  bytes: Uint8Array,
  offset: number,
  seen: number,
  line: number,
): AppError {
  const at = firstInvalid(bytes, seen);
  const before = bytes.subarray(seen, Math.max(seen, at)).filter((byte) => byte === 10).length;
  const value = `0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
  return badFile(
    `${path} is not valid UTF-8: the byte is ${value} in line ${line + before}, at byte ${offset + at}. Save the file as UTF-8.`,
  );
}

/** The first byte that no text goes on with, else the last; a character may have begun before the bytes. */
function firstInvalid(bytes: Uint8Array, seen: number): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  while (at < seen && isContinuation(bytes[at])) at++;
  try {
    for (; at < bytes.length - 1; at++)
      decoder.decode(bytes.subarray(at, at + 1), { stream: true });
  } catch {
    // It is this byte.
  }
  return at;
}

const isContinuation = (byte = 0) => (byte & 0xc0) === 0x80;

/** The lines of a file, without their ends (\n or \r\n), numbered from 1. */
export async function* textLines(
  path: string,
  blob: Blob,
  encoding = 'utf-8',
): AsyncGenerator<{ line: number; text: string }> {
  let line = 1;
  let rest = '';
  for await (const chunk of textChunks(path, blob, encoding)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { line: line++, text: text.replace(/\r$/, '') };
    if (rest.length > maxLineLength) throw lineTooLong(path, line);
  }
  if (rest) yield { line, text: rest.replace(/\r$/, '') };
}
