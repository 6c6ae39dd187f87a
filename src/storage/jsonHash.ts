import { canonicalJson } from '../canonicalJson.ts';
import { sha256, toHex } from './contentId.ts';

/** SHA-256, hex, of a value as JSON with sorted keys. */
export async function jsonHash(value: object): Promise<string> {
  return toHex(await sha256(new TextEncoder().encode(canonicalJson(value))));
}
