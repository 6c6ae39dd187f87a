import type { Field, Fields } from './yamlReader.ts';

/** The models of a recipe, each named once, with what `read` makes of their other `keys`; `item` is where one stands. */
export function parseModels<T extends object>(
  field: Field,
  of: string,
  keys: readonly string[],
  read: (fields: Fields, item: Field) => T,
  base?: string,
): (T & { model: string })[] {
  const lineOf = new Map<string, number>();
  return field.list(of).map((item) => {
    const fields = item.map(['model', ...keys]);
    const name = fields.required('model', 'name a checkpoint');
    const model = name?.text('the name of a checkpoint') ?? '';
    const earlier = lineOf.get(model);
    if (name && model) {
      if (model === base) name.report(`"${model}" is the base already; list only fine-tuned.`);
      if (earlier !== undefined) name.report(`"${model}" is listed on line ${earlier} already.`);
      lineOf.set(model, name.line);
    }
    return { model, ...read(fields, item) };
  });
}
