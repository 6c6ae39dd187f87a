import { sha256, toHex } from './contentId.ts';

/** SHA-256, hex, of a value as JSON with sorted keys. */
export async function jsonHash(value: object): Promise<string> {
  const json = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return toHex(await sha256(new TextEncoder().encode(json)));
}
