import { localizeKeys, parseSetting } from './parseLocalize.ts';
import { parseParameter } from './parseParameters.ts';
import { nativeParameters } from './parameters.ts';
import type { Sweep } from './recipe.ts';
import { sweepSize } from './sweep.ts';
import type { Field, YamlReader } from './yamlReader.ts';

const mostRuns = 200;

/** Lists of values by the path of what they set: `parameters.density`, `localize.shots`, `scope`, `merge_method`. */
export function parseSweep(
  yaml: YamlReader,
  field: Field,
  methods: readonly string[],
  presets: readonly string[],
): Sweep {
  const readers = readersOf(yaml, methods, presets);
  const fields = yaml.map(field, [...readers.keys()]);
  const sweep: Sweep = {};
  for (const [path, given] of fields?.at ?? [])
    sweep[path] = parseValues(yaml, given, readers.get(path)!);
  if (fields?.at.size === 0)
    yaml.report(field.line, field.path, 'give a path with its values, or leave sweep out.');
  const runs = sweepSize(sweep);
  if (runs > mostRuns)
    yaml.report(field.line, field.path, `expands to ${runs} runs; give at most ${mostRuns}.`);
  return sweep;
}

type Reader = (field: Field) => number | string | undefined;

function readersOf(
  yaml: YamlReader,
  methods: readonly string[],
  presets: readonly string[],
): Map<string, Reader> {
  return new Map<string, Reader>([
    ['merge_method', (field) => yaml.oneOf(field, methods)],
    ['scope', (field) => yaml.oneOf(field, ['blocks', 'all'])],
    ...nativeParameters.map((name): [string, Reader] => [
      `parameters.${name}`,
      (field) => parseParameter(yaml, field, name),
    ]),
    ...localizeKeys.map((key): [string, Reader] => [
      `localize.${key}`,
      (field) => parseSetting(yaml, field, key, presets),
    ]),
  ]);
}

function parseValues(yaml: YamlReader, field: Field, read: Reader): (number | string)[] {
  const values: (number | string)[] = [];
  for (const item of yaml.list(field, 'value')) {
    const value = read(item);
    if (value === undefined) continue;
    if (values.includes(value)) yaml.report(item.line, item.path, `${value} is listed already.`);
    else values.push(value);
  }
  return values;
}
