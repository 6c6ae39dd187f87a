import type { Setting } from './setting.ts';

/** How a parameter of a merge is written: by a single model or for the whole merge, and the values it may have. */
export interface ParameterRule {
  /** One per model, or one for the whole merge. */
  per: 'model' | 'merge';
  /** `share`: from 0 to 1, shown in percent; `rate`: of any magnitude; `flag`: true or false, kept as 1 or 0. */
  kind: 'number' | 'share' | 'rate' | 'integer' | 'flag';
  min: number;
  max: number;
}

const any = { kind: 'number', min: -Infinity, max: Infinity } as const;
const share = { kind: 'share', min: 0, max: 1 } as const;
const flag = { kind: 'flag', min: 0, max: 1 } as const;

/** Every parameter by its name, mergekit's where it has one, in the order in which recipes are written. */
export const parameterRules = {
  density: { per: 'model', ...share },
  weight: { per: 'model', ...any },
  gamma: { per: 'model', ...share },
  epsilon: { per: 'model', ...share },
  scale: { per: 'model', ...any },
  lambda: { per: 'merge', ...any },
  t: { per: 'merge', kind: 'number', min: 0, max: 1 },
  alpha: { per: 'merge', ...any },
  beta: { per: 'merge', ...any },
  tall_lambda: { per: 'merge', kind: 'number', min: 0, max: 1000 },
  common_space_fraction: { per: 'merge', ...share },
  least_tasks: { per: 'merge', kind: 'integer', min: 1, max: 1000 },
  iterations: { per: 'merge', kind: 'integer', min: 0, max: 10_000 },
  learning_rate: { per: 'merge', kind: 'rate', min: 0, max: 10 },
  normalize: { per: 'merge', ...flag },
  normalize_weights: { per: 'merge', ...flag },
  steps: { per: 'merge', kind: 'integer', min: 1, max: 100_000 },
  epochs: { per: 'merge', kind: 'integer', min: 1, max: 10_000 },
  from_average: { per: 'merge', ...flag },
  examples: { per: 'merge', kind: 'integer', min: 1, max: 100_000 },
  layerwise: { per: 'merge', ...flag },
  rescale: { per: 'merge', ...flag },
  rescale_l1: { per: 'merge', ...flag },
  select_topk: { per: 'merge', ...share },
  max_iter: { per: 'merge', kind: 'integer', min: 1, max: 1000 },
  tol: { per: 'merge', kind: 'number', min: 0, max: 1 },
  seed: { per: 'merge', kind: 'integer', min: 0, max: 2 ** 32 - 1 },
} as const satisfies Record<string, ParameterRule>;

export type ParameterName = keyof typeof parameterRules;

/** All names, in that order. */
export const parameterNames = Object.keys(parameterRules) as ParameterName[];

const mergekitAlone: readonly ParameterName[] = [
  'normalize',
  'normalize_weights',
  'max_iter',
  'tol',
];

/** The names of recipes without `compat`. */
export const nativeParameters = parameterNames.filter((name) => !mergekitAlone.includes(name));

/** Values by name; absent ones take the method's default. */
export type Parameters = Partial<Record<ParameterName, number>>;

/** Parameters as a recipe has them; lists and filters under `compat: mergekit` alone. */
export type Settings = Partial<Record<ParameterName, Setting>>;
