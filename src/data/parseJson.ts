import { badFile } from '../errors.ts';

/** The value of a file's JSON text; throws BadFile with its name, the fault and what to do. */
export function parseJson(text: string, name: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw badFile(`${name} is not valid JSON (${fault}). ${remedy}`, error);
  }
}
