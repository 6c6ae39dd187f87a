import type { AppError } from '../errors.ts';
import { badFile } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';

/** Longest line, in characters. */
export const maxLineLength = 16e6;

const chunkBytes = 1 << 20;

/** The text of a UTF-8 file in pieces, without byte-order mark; throws BadFile with line and byte where it is none. */
export async function* textChunks(path: string, blob: Blob): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
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
  let first = seen;
  while (first > 0 && isContinuation(bytes[first])) first--;
  for (let back = 1; back <= Math.min(3, seen) && first === seen; back++) {
    if ((bytes[seen - back] ?? 0) >= 0xc0) first = seen - back;
  }
  let valid = first;
  let invalid = bytes.length;
  while (valid + 1 < invalid) {
    const middle = (valid + invalid) >> 1;
    if (decodes(bytes.subarray(first, middle))) valid = middle;
    else invalid = middle;
  }
  const at = invalid - 1;
  const before = bytes.subarray(seen, Math.max(seen, at)).filter((byte) => byte === 10).length;
  const value = `0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
  return badFile(
    `${path} is not valid UTF-8: the byte is ${value} in line ${line + before}, at byte ${offset + at}. Save the file as UTF-8.`,
  );
}

const isContinuation = (byte = 0) => (byte & 0xc0) === 0x80;

function decodes(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The lines of a UTF-8 file, without their ends (\n or \r\n), numbered from 1. */
export async function* textLines(
  path: string,
  blob: Blob,
): AsyncGenerator<{ line: number; text: string }> {
  let line = 1;
  let rest = '';
  for await (const chunk of textChunks(path, blob)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { line: line++, text: text.replace(/\r$/, '') };
    if (rest.length > maxLineLength) {
      throw badFile(
        `${path} has over ${maxLineLength} characters in line ${line}. Put each example on a line of its own.`,
      );
    }
  }
  if (rest) yield { line, text: rest.replace(/\r$/, '') };
}
