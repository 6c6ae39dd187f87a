import type { MergekitForm } from '../recipe/mergekitForm.ts';
import { parameterRules, type ParameterName, type Parameters } from '../recipe/parameters.ts';
import type { ParameterInfo } from '../api/methods.ts';

/** A parameter by its name and rule; `more` is what differs from the rule, and a grid. */
export function parameter(
  name: ParameterName,
  value: number,
  hint: string,
  more: Partial<ParameterInfo> = {},
): ParameterInfo {
  return { ...parameterRules[name], name, default: value, hint, ...more };
}

export const weightParameter = parameter(
  'weight',
  1,
  'How much this model counts where several take part.',
  { min: -2, max: 2 },
);

/** How much a model with these parameters counts. */
export const weightOf = ({ weight = 1 }: Parameters) => weight;

/** Parameters with another default for each model's weight. */
export function withWeight(parameters: readonly ParameterInfo[], weight: number): ParameterInfo[] {
  return parameters.map((each) => (each.name === 'weight' ? { ...each, default: weight } : each));
}

export const densityParameter = parameter(
  'density',
  0.05,
  'Share of the weights in scope that this model may bring in: those it changed most.',
  { min: 0, max: 1 },
);

/** Coefficients of Ilharco et al. 2023, §4. */
export const coefficientGrid = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

export const lambdaParameter = parameter(
  'lambda',
  1,
  'Scale of the merged task vector before it is added to the base.',
  { min: 0, max: 2, grid: coefficientGrid },
);

export const rescaleParameter = parameter(
  'rescale',
  1,
  'Whether what is kept grows by 1 / density, so that the task vector stays as large as it was on average.',
);

export const seedParameter = parameter(
  'seed',
  0,
  'Fixes every random choice: the same seed gives the same merge.',
);

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
const notRescaled = { ...mergekitParameters.rescale, default: 0 };

/** What a form of mergekit takes. */
export type MergekitFace = Omit<MergekitForm, 'parameters'> & {
  parameters: readonly ParameterInfo[];
};

/** mergekit's methods that trim by |τ|, without the very largest where there are `outliers`; `mean`: the default of `normalize`. */
export function trimmedForm({
  mean,
  outliers = false,
}: {
  mean: boolean;
  outliers?: boolean;
}): MergekitFace {
  const { weight, lambda, density, gamma, normalize } = mergekitParameters;
  const band = outliers ? [density, weight, gamma] : [density, weight];
  return { base: 'apart', parameters: [...band, lambda, mean ? normalize : plainSum, notRescaled] };
}

/** mergekit's methods that drop changes at random. */
export function droppedForm({ mean }: { mean: boolean }): MergekitFace {
  const { weight, lambda, kept, rescale, seed, normalize } = mergekitParameters;
  return {
    base: 'apart',
    parameters: [kept, weight, lambda, mean ? normalize : plainSum, rescale, seed],
  };
}
