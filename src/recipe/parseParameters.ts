import {
  type ParameterName,
  nativeParameters,
  parameterRules,
  type Parameters,
} from './parameters.ts';
import type { Field, YamlReader } from './yamlReader.ts';

/** Parameters of a whole merge, or of one model. */
export function parseParameters(yaml: YamlReader, field: Field, of: 'merge' | 'model'): Parameters {
  const allowed = nativeParameters.filter(
    (name) => of === 'merge' || parameterRules[name].per === of,
  );
  return yaml.each(yaml.map(field, allowed), allowed, (given, name) =>
    parseParameter(yaml, given, name),
  );
}

/** One value of a parameter; flags as 1 or 0. */
export function parseParameter(
  yaml: YamlReader,
  field: Field,
  name: ParameterName,
): number | undefined {
  const { kind, min, max } = parameterRules[name];
  const read = kind === 'flag' || kind === 'integer' ? kind : 'number';
  const value = yaml[read](field, min, max);
  return value === undefined ? undefined : Number(value);
}
