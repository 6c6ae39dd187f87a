import { badFile } from '../errors.ts';
import { maxLineLength, textChunks } from './textLines.ts';

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const openings = [0x5b, 0x7b];
const [endOfList, endOfObject] = [0x5d, 0x7d];

/** Texts of the items of a file that is one JSON list, held one at a time; throws BadFile where it does not end as one. */
export async function* listElements(name: string, blob: Blob): AsyncGenerator<string> {
  const fault = (what: string) => badFile(`${name} ${what}. Save it again, or as JSONL.`);
  let item = '';
  let items = 0;
  let depth = 0;
  let [isQuoted, isEscaped, hasEnded] = [false, false, false];
  for await (const text of textChunks(name, blob)) {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isQuoted) {
        if (isEscaped) isEscaped = false;
        else if (code === backslash) isEscaped = true;
        else if (code === quote) isQuoted = false;
      } else if (code === quote) isQuoted = true;
      else if (openings.includes(code) && !hasEnded) {
        if (depth++ === 0) from = at + 1;
      } else if (code === endOfList || code === endOfObject) {
        if (--depth !== 0) continue;
        if (code === endOfObject) throw fault(`closes its list with “}”`);
        item += text.slice(from, at);
        if (items > 0 || item.trim() !== '') yield item;
        [item, from, hasEnded] = ['', at + 1, true];
      } else if (code === comma && depth === 1) {
        yield item + text.slice(from, at);
        items++;
        [item, from] = ['', at + 1];
      }
    }
    item += text.slice(from);
    if (hasEnded && item.trim() !== '') throw fault('goes on after its list');
    if (item.length > maxLineLength)
      throw fault(`has over ${maxLineLength} characters in item ${items + 1} of its list`);
  }
  if (!hasEnded) throw fault('ends in the middle of its list');
}
