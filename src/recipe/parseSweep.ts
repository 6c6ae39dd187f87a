import { localizeReaders } from './parseLocalize.ts';
import { parseParameter } from './parseParameters.ts';
import { nativeParameters } from './parameters.ts';
import type { Sweep } from './recipe.ts';
import type { Field } from './yamlReader.ts';

/** Lists of values by the path of what they set: `parameters.density`, `localize.shots`, `scope`, `merge_method`, `tasks`. */
export function parseSweep(
  field: Field,
  models: number,
  methods: readonly string[],
  presets: readonly string[],
): Sweep {
  const readers = readersOf(models, methods, presets);
  const fields = field.map([...readers.keys()]);
  const sweep: Sweep = {};
  for (const [path, given] of fields.at) sweep[path] = given.distinct('value', readers.get(path)!);
  if (field.isMap && fields.at.size === 0)
    field.report('give a path with its values, or leave sweep out.');
  return sweep;
}

type Reader = (field: Field) => number | string | undefined;

function readersOf(
  models: number,
  methods: readonly string[],
  presets: readonly string[],
): Map<string, Reader> {
  const localizing = Object.entries<Reader>(localizeReaders(presets));
  return new Map<string, Reader>([
    ['merge_method', (field) => field.oneOf(methods)],
    ['scope', (field) => field.oneOf(['blocks', 'all'])],
    ...nativeParameters.map((name): [string, Reader] => [
      `parameters.${name}`,
      (field) => parseParameter(field, name),
    ]),
    ...localizing.map(([key, read]): [string, Reader] => [`localize.${key}`, read]),
    ['tasks', (field) => field.integer(1, models)],
  ]);
}
