import type { Setting } from './setting.ts';

/** How a parameter of a merge is written: by a single model or for the whole merge, and the values it may have. */
export interface ParameterRule {
  /** One per model, or one for the whole merge. */
  per: 'model' | 'merge';
  /** `share`: from 0 to 1, shown in percent; `rate`: of any magnitude; `flag`: true or false, kept as 1 or 0. */
  kind: 'number' | 'share' | 'rate' | 'integer' | 'flag';
  min: number;
  max: number;
  /** The one that has it, where only one has. */
  only?: 'stitchwork' | 'mergekit';
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
  alpha: { per: 'merge', ...any, only: 'stitchwork' },
  beta: { per: 'merge', ...any, only: 'stitchwork' },
  tall_lambda: { per: 'merge', kind: 'number', min: 0, max: 1000, only: 'stitchwork' },
  common_space_fraction: { per: 'merge', ...share, only: 'stitchwork' },
  least_tasks: { per: 'merge', kind: 'integer', min: 1, max: 1000, only: 'stitchwork' },
  iterations: { per: 'merge', kind: 'integer', min: 0, max: 10_000, only: 'stitchwork' },
  learning_rate: { per: 'merge', kind: 'rate', min: 0, max: 10, only: 'stitchwork' },
  normalize: { per: 'merge', ...flag, only: 'mergekit' },
  normalize_weights: { per: 'merge', ...flag, only: 'mergekit' },
  steps: { per: 'merge', kind: 'integer', min: 1, max: 100_000 },
  epochs: { per: 'merge', kind: 'integer', min: 1, max: 10_000 },
  from_average: { per: 'merge', ...flag },
  in_turn: { per: 'merge', ...flag, only: 'stitchwork' },
  examples: { per: 'merge', kind: 'integer', min: 1, max: 100_000 },
  layerwise: { per: 'merge', ...flag },
  rescale: { per: 'merge', ...flag },
  rescale_l1: { per: 'merge', ...flag, only: 'stitchwork' },
  select_topk: { per: 'merge', ...share },
  max_iter: { per: 'merge', kind: 'integer', min: 1, max: 1000, only: 'mergekit' },
  tol: { per: 'merge', kind: 'number', min: 0, max: 1, only: 'mergekit' },
  seed: { per: 'merge', kind: 'integer', min: 0, max: 2 ** 32 - 1, only: 'stitchwork' },
} as const satisfies Record<string, ParameterRule>;

export type ParameterName = keyof typeof parameterRules;

/** All names, in that order. */
export const parameterNames = Object.keys(parameterRules) as ParameterName[];

const onlyOf = (name: ParameterName) => (parameterRules[name] as ParameterRule).only;

/** The names of recipes without `compat`. */
export const nativeParameters = parameterNames.filter((name) => onlyOf(name) !== 'mergekit');

/** Parameters of Stitchwork alone. */
export const ownParameters = parameterNames.filter((name) => onlyOf(name) === 'stitchwork');

/** Values by name; absent ones take the method's default. */
export type Parameters = Partial<Record<ParameterName, number>>;

/** Parameters as a recipe has them; lists and filters under `compat: mergekit` alone. */
export type Settings = Partial<Record<ParameterName, Setting>>;
