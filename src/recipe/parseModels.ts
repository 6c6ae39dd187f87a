import type { Field, Fields, YamlReader } from './yamlReader.ts';

/** The models of a recipe, each named once, with what `read` makes of their other `keys`; `item` is where one stands. */
export function parseModels<T extends object>(
  yaml: YamlReader,
  field: Field,
  of: string,
  keys: readonly string[],
  read: (fields: Fields | undefined, item: Field) => T,
  base?: string,
): (T & { model: string })[] {
  const lineOf = new Map<string, number>();
  return yaml.list(field, of).map((item) => {
    const fields = yaml.map(item, ['model', ...keys]);
    const name = yaml.required(fields, 'model', 'name a checkpoint');
    const model = (name && yaml.text(name, 'the name of a checkpoint')) ?? '';
    const earlier = lineOf.get(model);
    if (name && model) {
      if (model === base)
        yaml.report(name, `"${model}" is the base already; list only fine-tuned.`);
      if (earlier !== undefined)
        yaml.report(name, `"${model}" is listed on line ${earlier} already.`);
      lineOf.set(model, name.line);
    }
    return { model, ...read(fields, item) };
  });
}
