import { badFile } from '../errors.ts';
import { maxCharacters } from './maxCharacters.ts';

const prefix = '#recipe=';

/** A recipe text as the hash of a link, `#recipe=` and base64url of its raw deflate; no file contents. */
export async function encodeRecipeLink(text: string): Promise<string> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return prefix + base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * The recipe text of a link's hash, or null when the hash is about something else.
 * Throws `BadFile` for a damaged link and for one that unpacks to more than a recipe may have.
 */
export async function decodeRecipeLink(hash: string): Promise<string | null> {
  if (!hash.startsWith(prefix)) return null;
  const base64 = hash.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  try {
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const inflate = new DecompressionStream('deflate-raw');
    for (const reader = new Blob([packed]).stream().pipeThrough(inflate).getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > maxCharacters) {
        await reader.cancel();
        break;
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    const message =
      'The recipe in this link is damaged or cut off. Ask for the whole link, or for the recipe as a file.';
    throw badFile(message, cause);
  }
  throw badFile(`The recipe in this link is over ${maxCharacters} bytes, the limit.`);
}
