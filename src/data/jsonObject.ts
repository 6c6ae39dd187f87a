import { badFile } from '../errors.ts';
import { listNames } from '../wording.ts';
import { isRecord } from './tokenizerJson.ts';

/** Largest file, in bytes, that is looked at as one object. */
const mostBytes = 64 * 1024 ** 2;
/** What an example itself holds as a list of objects. */
const ofExamples = /^(?:messages|conversations?|turns|choices|options|endings|answers)$/i;

/**
 * Throws BadFile for a JSON file that is one object around all examples: lists of them by name, or, as pandas writes it, the
 * cells of each column by row.
 */
export async function refuseObject(name: string, blob: Blob): Promise<void> {
  if (!/\.json$/i.test(name) || blob.size > mostBytes) return;
  const start = await blob.slice(0, 1 << 16).text();
  const [first = '', ...others] = start.split('\n');
  if (others.some((line) => line.trim() !== '') && parsed(first) !== undefined) return;
  const whole = parsed(await blob.text());
  if (!isRecord(whole)) return;
  const cells = Object.entries(whole);
  const lists = cells.flatMap(([key, value]) =>
    Array.isArray(value) && value.some(isRecord) && !ofExamples.test(key) ? [key] : [],
  );
  const isByColumn =
    cells.length > 0 && cells.every(([, value]) => isRecord(value) && Object.hasOwn(value, '0'));
  if (lists.length === 0 && !isByColumn) return;
  const remedy =
    lists.length > 0
      ? `Save what is under ${listNames(lists.map((key) => JSON.stringify(key.slice(0, 80))))} as a file of its own.`
      : 'In pandas, save it with to_json(path, orient="records").';
  throw badFile(`${name} is one JSON object, where a list of examples must be. ${remedy}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
