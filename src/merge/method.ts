import type { MethodFace } from '../api/methods.ts';
import type { Constants } from '../gpu/compute.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { Learner } from '../training/learner.ts';
import type { MaskFilter } from './maskFilter.ts';
import type { MatrixTask, MergedMatrix } from './matrix/matrixTask.ts';
import type { MergekitFace } from './parameters.ts';
import type { Sums, SumsKind } from './sums.ts';

/** What a method is called and what it takes, itself and under mergekit's rules; whole tensors and no masks found with data unless it says so. */
export interface Face
  extends
    Omit<MethodFace, 'defaultScope' | 'learnsMasks' | 'passes'>,
    Partial<Pick<MethodFace, 'defaultScope' | 'learnsMasks'>> {
  mergekit?: MergekitFace;
}

/** What the stages of a merge are told by passes. */
export interface Instructions {
  /** `density`: the positions of largest |τ|; `spread`: of largest variance among models; `balance`: of highest score; `differs`: where τ ≠ 0. */
  mask: 'density' | 'spread' | 'balance' | 'differs';
  /** Whether positions are ranked in each tensor by itself, and not over the whole scope. */
  byTensor?: boolean;
  /** What takes positions out of these masks, in order. */
  filters?: readonly MaskFilter[];
  /** Whether these go by the rows of a tensor. */
  byRow?: boolean;
  /** Whether these draw at random. */
  draws?: boolean;
  /** Whether what is merged is scaled by λ. */
  scales?: boolean;
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
  /** The merged task vector of a 2-D tensor, for λ to scale; all other tensors get the mean of task vectors. */
  matrix?(task: MatrixTask): Promise<MergedMatrix>;
  /** Bytes that it takes for a matrix of this shape beside those that all such methods take. */
  matrixBytes?(shape: readonly number[]): number;
  /** Whether that computes with tfjs where there is a GPU. */
  usesTensors?: boolean;
  /** What it learns from examples of every task before it merges. */
  learner?: Learner;
  /** `override` constants of the combine kernel. */
  constants: Constants;
}

/** One step of a method: what it is called, and what it adds to the instructions. */
export interface Pass extends Partial<Instructions> {
  name: string;
}

/** A merge method: its face, and its passes as instructions. */
export interface Method extends MethodFace, Instructions {
  /** What mergekit does under this name; absent: it has no such method. */
  mergekit?: MergekitMethod;
}

/** mergekit's form of a method; `withoutBase`: when it is given no base. */
export interface MergekitMethod extends Omit<MethodFace, 'parameters'>, MergekitFace, Instructions {
  withoutBase?: Instructions & Pick<MethodFace, 'passes'>;
}

/** The passes of mergekit's form, and those when it is given no base. */
interface MergekitPasses {
  passes: readonly Pass[];
  withoutBase?: readonly Pass[];
}

/** A method of these passes, in order; `theirs` are those of mergekit's form, by default the same. */
export function createMethod(
  { mergekit, ...face }: Face,
  passes: readonly Pass[],
  theirs: MergekitPasses = { passes },
): Method {
  const { withoutBase } = theirs;
  const whole = { defaultScope: 'all', learnsMasks: false, ...face } as const;
  return {
    ...whole,
    ...instructionsOf(passes),
    ...(mergekit && {
      mergekit: {
        ...whole,
        ...mergekit,
        ...instructionsOf(theirs.passes),
        ...(withoutBase && { withoutBase: instructionsOf(withoutBase) }),
      },
    }),
  };
}

/** All that passes add; of two that say the same, the later. */
function instructionsOf(passes: readonly Pass[]): Instructions & Pick<MethodFace, 'passes'> {
  const start: Instructions = { mask: 'differs', constants: {} };
  const all = passes.reduce((before, { name: _, ...pass }): Instructions => {
    const filters = [...(before.filters ?? []), ...(pass.filters ?? [])];
    return {
      ...before,
      ...pass,
      ...(filters.length > 0 && { filters }),
      constants: { ...before.constants, ...pass.constants },
    };
  }, start);
  return { ...all, passes: passes.map(({ name }) => name) };
}

/** Whether each model has a mask of the positions that rank highest in it. */
export const hasMasks = ({ mask }: Pick<Instructions, 'mask'>) =>
  mask === 'density' || mask === 'balance';
