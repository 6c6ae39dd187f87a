import {
  parameter,
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
  gamma: parameter(
    'gamma',
    0.01,
    'Share of the weights of each tensor that are left out as outliers: the very largest changes.',
    { max: 0.5 },
  ),
  rescale: {
    ...rescaleParameter,
    hint: 'Whether what is kept grows until the sizes of all changes in a tensor add up to what they did.',
  },
  seed: seedParameter,
  normalize: parameter(
    'normalize',
    1,
    'Whether the sum is divided by the weights that took part in it.',
  ),
} as const satisfies Record<string, ParameterInfo>;

/** `normalize` where mergekit's default is false. */
export const plainSum = { ...mergekitParameters.normalize, default: 0 };

/** `rescale` where mergekit's default is false. */
export const notRescaled = { ...mergekitParameters.rescale, default: 0 };
