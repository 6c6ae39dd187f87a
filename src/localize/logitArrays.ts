import type { ComputeBuffer, Constants } from '../gpu/compute.ts';
import { graftWeights } from '../gpu/kernels/graftWeights.ts';
import { logitStep } from '../gpu/kernels/logitStep.ts';
import * as array from '../scope/arraySpecs.ts';
import { ScopeArrays, type Opened } from '../scope/scopeArrays.ts';
import { floatBits } from '../tensor/float.ts';
import type { LocalizeInput, Workplace } from './contract.ts';
import type { GammaBins } from './gammaBins.ts';
import type { LogitForm } from './localizer.ts';

export type LogitArray = 'base' | 'tau' | 'S' | 'start' | 'sum' | 'best' | 'theta';

/** The arrays of a mask found by logits: Σ g⊙τ for steps of an epoch, and the best S where it is kept. */
export function createLogitArrays(
  { stepPer, keepBest }: LogitForm,
  { scope, base, masks }: LocalizeInput,
  { tensors, scratch, budgetBytes }: Workplace,
): ScopeArrays<LogitArray> {
  const reads = array.sharedReads(base);
  const specs = {
    base: array.baseValues(reads),
    tau: array.taskVector(reads, masks[0]!.tuned, 0),
    S: array.keptArray,
    start: array.keptBits,
    theta: array.passingArray,
    sum: stepPer === 'epoch' ? array.keptArray : array.noArray,
    best: keepBest ? array.keptArray : array.noArray,
  };
  return new ScopeArrays<LogitArray>(tensors.compute, scope, specs, scratch, budgetBytes);
}

const formOf = ({ flips }: LogitForm) => (flips ? 1 : 0);

/** Writes θ_pre + γ⊙τ, with ALONE γ itself, into `theta`. */
export function writeGraft(
  form: LogitForm,
  { compute }: ScopeArrays<LogitArray>,
  { base, tau, S, start, theta }: Opened<'base' | 'tau' | 'S' | 'start' | 'theta'>,
  elements: number,
  constants: Constants = {},
): Promise<void> {
  return compute.dispatch({
    kernel: graftWeights,
    constants: { FORM: formOf(form), ...constants },
    buffers: [base, tau, S, start, theta],
    params: new Uint32Array([elements]),
    threads: elements,
  });
}

/** Moves S along x, which is a gradient or, with SUMMED, Σ g⊙τ that `factor` scales. */
export function stepLogits(
  form: LogitForm,
  { compute }: ScopeArrays<LogitArray>,
  { tau, start, S }: Opened<'tau' | 'S' | 'start'>,
  elements: number,
  x: ComputeBuffer,
  { rate, penalty, factor = 1 }: { rate: number; penalty: number; factor?: number },
  gamma: GammaBins,
): Promise<void> {
  const lambda = form.regulariser === 'l1' ? penalty : 0;
  const l1 = form.regulariser === 'away' ? penalty : 0;
  return compute.dispatch({
    kernel: logitStep,
    constants: { FORM: formOf(form), SUMMED: Number(form.stepPer === 'epoch') },
    buffers: [x, tau, start, S, gamma.buffer],
    params: new Uint32Array([elements, ...[rate, factor, lambda, l1].map(floatBits)]),
    threads: elements,
  });
}
