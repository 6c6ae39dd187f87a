import {
  type ParameterName,
  nativeParameters,
  parameterRules,
  type Parameters,
} from './parameters.ts';
import type { Field } from './yamlReader.ts';

/** Parameters of a whole merge, or of one model. */
export function parseParameters(field: Field, of: 'merge' | 'model'): Parameters {
  const allowed = nativeParameters.filter(
    (name) => of === 'merge' || parameterRules[name].per === of,
  );
  return field.map(allowed).each(allowed, parseParameter);
}

/** One value of a parameter; flags as 1 or 0. */
export function parseParameter(field: Field, name: ParameterName): number | undefined {
  const { kind, min, max } = parameterRules[name];
  const read = kind === 'flag' || kind === 'integer' ? kind : 'number';
  const value = field[read](min, max);
  return value === undefined ? undefined : Number(value);
}
