/** A value of a typed table as text: numbers as JSON writes them, lists and objects as JSON, null for nothing. */
export function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  return JSON.stringify(value, (_, part: unknown) => plainPart(part));
}

/** What JSON has no form for: whole numbers beyond doubles become text, typed arrays lists. */
function plainPart(part: unknown): unknown {
  if (typeof part === 'bigint')
    return Number.isSafeInteger(Number(part)) ? Number(part) : String(part);
  return ArrayBuffer.isView(part) && !(part instanceof DataView)
    ? Array.from(part as Iterable<unknown> & ArrayBufferView)
    : part;
}

/** A time in milliseconds since 1970 as ISO 8601; its number where no date is meant. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
