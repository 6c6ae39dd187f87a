import type { Field, Fields } from './yamlReader.ts';

/** An item of a list by its name, where that stands, and the rest of it. */
export interface NamedItem {
  name: string;
  at: Field | undefined;
  fields: Fields;
  item: Field;
}

/**
 * The items of a list, each with a name of its own under `key`, and other `keys`; a name that is missing or comes twice is
 * reported. `of` says what the list holds, `what` what the name is.
 */
export function namedItems(
  field: Field,
  of: string,
  key: string,
  what: string,
  keys: readonly string[],
): NamedItem[] {
  const lineOf = new Map<string, number>();
  return field.list(of).map((item) => {
    const fields = item.map([key, ...keys]);
    const at = fields.required(key, `give ${what}`);
    const name = at?.text(what) ?? '';
    const earlier = lineOf.get(name);
    if (at && name) {
      if (earlier !== undefined) at.report(`"${name}" is listed on line ${earlier} already.`);
      lineOf.set(name, at.line);
    }
    return { name, at, fields, item };
  });
}
