import type { DemoName } from '../api/demo.ts';
import type { Measured } from '../api/measured.ts';

/** Of files' content ids, so many characters are compared. */
const idCharacters = 16;

/** What was measured of a demo beforehand; null where there is nothing, or its files are others by now. */
export async function measuredDemo(which: DemoName): Promise<Measured | null> {
  const json = async (name: string): Promise<unknown> => {
    const response = await fetch(new URL(`demo/${which}/${name}`, document.baseURI));
    return response.ok ? response.json() : null;
  };
  try {
    const [measured, listed] = await Promise.all([json('measured.json'), json('files.json')]);
    return isMeasured(measured) && isOf(measured, listed) ? measured : null;
  } catch {
    // Neither reached nor kept: the lessons wait for the models.
    return null;
  }
}

/** Whether it was measured with the files that a demo's `files.json` lists. */
export function isOf({ files }: Pick<Measured, 'files'>, listed: unknown): boolean {
  if (typeof listed !== 'object' || listed === null) return false;
  const now = Object.entries(listed).filter(([path]) => path !== 'measured.json');
  return (
    now.length === Object.keys(files).length &&
    now.every(([path, file]) => {
      const id: unknown = typeof file === 'object' && file !== null && Reflect.get(file, 'id');
      return typeof id === 'string' && files[path] === id.slice(0, idCharacters);
    })
  );
}

function isMeasured(value: unknown): value is Measured {
  const parts = ['models', 'vectors', 'overlaps'];
  return (
    typeof value === 'object' &&
    value !== null &&
    parts.every((part) => Array.isArray(Reflect.get(value, part))) &&
    ['files', 'info'].every((part) => typeof Reflect.get(value, part) === 'object')
  );
}
