import type { Constants } from '../gpu/compute.ts';
import { parameterRules, type ParameterName, type ParameterRule } from '../recipe/parameters.ts';

/** A parameter that a method has; `min` and `max` are those of its slider. */
export interface ParameterInfo extends ParameterRule {
  name: ParameterName;
  default: number;
  /** One plain line for hover and focus. */
  hint: string;
}

/** A merge method: what it is called, what it takes, and how the combine kernel does it. */
export interface Method {
  label: string;
  /** One plain line. */
  summary: string;
  /** In plain Unicode. */
  formula: string;
  paper: { title: string; url: string; section: string };
  parameters: readonly ParameterInfo[];
  defaultScope: 'blocks' | 'all';
  /** `density`: the positions of largest |τ| over the scope; `differs`: all positions where τ ≠ 0. */
  mask: 'density' | 'differs';
  /** Whether masks found with data may take the place of those by density. */
  learnsMasks: boolean;
  /** `override` constants of the combine kernel. */
  constants: Constants;
}

export const weightParameter = {
  ...parameterRules.weight,
  name: 'weight',
  default: 1,
  min: -2,
  max: 2,
  hint: 'How much this model counts where several take part.',
} as const satisfies ParameterInfo;

export const densityParameter = {
  ...parameterRules.density,
  name: 'density',
  default: 0.05,
  min: 0,
  max: 1,
  hint: 'Share of the weights in scope that this model may bring in: those it changed most.',
} as const satisfies ParameterInfo;

export const lambdaParameter = {
  ...parameterRules.lambda,
  name: 'lambda',
  default: 1,
  min: 0,
  max: 2,
  hint: 'Scale of the merged task vector before it is added to the base.',
} as const satisfies ParameterInfo;
