import { namedItems } from './namedItems.ts';
import type { Field, Fields } from './yamlReader.ts';

/** The models of a recipe, each named once, with what `read` makes of their other `keys`; `item` is where one stands. */
export function parseModels<T extends object>(
  field: Field,
  of: string,
  keys: readonly string[],
  read: (fields: Fields, item: Field) => T,
  base?: string,
): (T & { model: string })[] {
  return namedItems(field, of, 'model', 'the name of a checkpoint', keys).map(
    ({ name: model, at, fields, item }) => {
      if (model && model === base)
        at?.report(`"${model}" is the base already; list only fine-tuned.`);
      return { model, ...read(fields, item) };
    },
  );
}
