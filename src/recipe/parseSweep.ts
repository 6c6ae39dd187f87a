import { localizeReaders } from './parseLocalize.ts';
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
    sweep[path] = yaml.distinct(given, 'value', readers.get(path)!);
  if (fields?.at.size === 0) yaml.report(field, 'give a path with its values, or leave sweep out.');
  const runs = sweepSize(sweep);
  if (runs > mostRuns) yaml.report(field, `expands to ${runs} runs; give at most ${mostRuns}.`);
  return sweep;
}

type Reader = (field: Field) => number | string | undefined;

function readersOf(
  yaml: YamlReader,
  methods: readonly string[],
  presets: readonly string[],
): Map<string, Reader> {
  const localizing = Object.entries<Reader>(localizeReaders(yaml, presets));
  return new Map<string, Reader>([
    ['merge_method', (field) => yaml.oneOf(field, methods)],
    ['scope', (field) => yaml.oneOf(field, ['blocks', 'all'])],
    ...nativeParameters.map((name): [string, Reader] => [
      `parameters.${name}`,
      (field) => parseParameter(yaml, field, name),
    ]),
    ...localizing.map(([key, read]): [string, Reader] => [`localize.${key}`, read]),
  ]);
}
