import { parameterRules } from '../recipe/parameters.ts';
import {
  densityParameter,
  lambdaParameter,
  rescaleParameter,
  seedParameter,
  weightParameter,
} from './method.ts';
import type { ParameterInfo } from '../api/methods.ts';

/** mergekit's parameters, with its defaults. */
export const mergekitParameters = {
  weight: { ...weightParameter, required: true },
  lambda: lambdaParameter,
  density: {
    ...densityParameter,
    default: 1,
    hint: 'Share of the weights of each tensor that this model may bring in: those it changed most.',
  },
  kept: {
    ...densityParameter,
    default: 1,
    hint: 'Share of its changes that this model keeps in each tensor, drawn at random.',
  },
  gamma: {
    ...parameterRules.gamma,
    ...{ name: 'gamma', default: 0.01, max: 0.5 },
    hint: 'Share of the weights of each tensor that are left out as outliers: the very largest changes.',
  },
  rescale: {
    ...rescaleParameter,
    hint: 'Whether what is kept grows until the sizes of all changes in a tensor add up to what they did.',
  },
  seed: seedParameter,
  normalize: {
    ...parameterRules.normalize,
    ...{ name: 'normalize', default: 1 },
    hint: 'Whether the sum is divided by the weights that took part in it.',
  },
} as const satisfies Record<string, ParameterInfo>;

const off = { default: 0 } as const;

/** `normalize` where mergekit's default is false. */
export const plainSum = { ...mergekitParameters.normalize, ...off };

/** `rescale` where mergekit's default is false. */
export const notRescaled = { ...mergekitParameters.rescale, ...off };
