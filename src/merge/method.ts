import type { Constants } from '../gpu/compute.ts';
import { parameterRules, type ParameterName, type Parameters } from '../recipe/parameters.ts';
import type { MergekitForm } from '../recipe/mergekitForm.ts';
import type { Learner } from '../training/learner.ts';
import type { MaskFilter } from './maskFilter.ts';
import type { Sums, SumsKind } from './sums.ts';
import type { MatrixTask } from './matrix/matrixTask.ts';
import type { MethodFace, ParameterInfo } from '../api/methods.ts';

/** A merge method: what it is called, what it takes, and how the combine kernel does it. */
export interface Method extends MethodFace {
  /** `density`: the positions of largest |τ|; `spread`: of largest variance among models; `balance`: of highest score; `differs`: where τ ≠ 0. */
  mask: 'density' | 'spread' | 'balance' | 'differs';
  /** Whether positions are ranked in each tensor by itself, and not over the whole scope. */
  byTensor?: boolean;
  /** What takes positions out of these masks, in order. */
  filters?: readonly MaskFilter[];
  /** What a model's terms are multiplied by beside its weight, in a tensor at `depth` (0 at the first layer, 1 at the last). */
  factor?(parameters: Parameters, depth: number): number;
  /** What `weigh` needs of θ, with DELTA of τ. */
  sums?: SumsKind;
  /** Factors of the models' terms in a tensor, in place of their weights. */
  weigh?(sums: Sums, parameters: readonly Parameters[]): number[];
  /** Whether tensors are weighed where a model has these parameters; absent: everywhere. */
  weighs?(parameters: Parameters): boolean;
  /** Whether a mean divides by those factors and not by the weights. */
  sharesFactors?: boolean;
  /** The merged task vector of a 2-D tensor, row by row, for λ to scale; all other tensors get the mean of task vectors. */
  matrix?(task: MatrixTask): Promise<Float64Array | Float32Array>;
  /** Bytes that it takes for a matrix of this shape beside those that all such methods take. */
  matrixBytes?(shape: readonly number[]): number;
  /** Whether that computes with tfjs where there is a GPU. */
  usesTensors?: boolean;
  /** What it learns from examples of every task before it merges. */
  learner?: Learner;
  /** `override` constants of the combine kernel. */
  constants: Constants;
  /** What mergekit does under this name; absent: it has no such method. */
  mergekit?: MergekitMethod;
}

/** How mergekit's method differs; `withoutBase` are the constants when it is given no base. */
export type MergekitMethod = Omit<MergekitForm, 'parameters'> &
  Pick<Method, 'parameters'> &
  Partial<Omit<Method, 'parameters' | 'mergekit'>> & { withoutBase?: Constants };

/** What methods have in common that weigh every weight of the models alike. */
export const everywhere = {
  defaultScope: 'all',
  mask: 'differs',
  learnsMasks: false,
} as const satisfies Partial<Method>;

/** Methods of θ_pre + λ Σ τ, whatever the terms of the sum are. */
export const sumOfChanges = {
  ...everywhere,
  constants: { DELTA: 1, NORMALIZE: 0 },
} as const satisfies Partial<Method>;

/** Methods of a mean of the models' weights themselves. */
export const meanOfWeights = {
  ...everywhere,
  constants: { USE_MASKS: 0 },
} as const satisfies Partial<Method>;

/** Whether each model has a mask of the positions that rank highest in it. */
export const hasMasks = ({ mask }: Pick<Method, 'mask'>) =>
  mask === 'density' || mask === 'balance';

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
