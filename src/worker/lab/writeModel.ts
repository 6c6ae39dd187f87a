import { AppError } from '../../errors.ts';
import type { ComputeBuffer, Constants, Kernel } from '../../gpu/compute.ts';
import { addScaled } from '../../gpu/kernels/addScaled.ts';
import { electWeights } from '../../gpu/kernels/electWeights.ts';
import { stitchWeights } from '../../gpu/kernels/stitchWeights.ts';
import { floatBits } from '../../tensor/float.ts';
import type { MaskBits } from './maskBits.ts';
import type { LabMask, LabModel } from './types.ts';
import type { LabWeights } from './weights.ts';

/** Arrays over the scope to make models in. */
export interface Workspace {
  theta: ComputeBuffer;
  owners: ComputeBuffer;
  sum: ComputeBuffer;
}

/** Throws Incompatible for a model that these fine-tunes cannot make. */
export function checkModel(model: LabModel, models: number): void {
  const numbers =
    model.kind === 'tuned'
      ? [model.task]
      : model.kind === 'ties'
        ? model.tasks
        : [lengthOf(model) - 1];
  const odd = numbers.find((task) => !Number.isInteger(task) || task < -1 || task >= models);
  if (odd !== undefined || (model.kind === 'tuned' && model.task < 0))
    throw new AppError(
      'Incompatible',
      `A model was asked for that takes fine-tune ${(odd ?? -1) + 1}, and there are ${models}.`,
    );
  const reals = realsOf(model);
  const bad = reals.find((value) => !Number.isFinite(value));
  if (bad !== undefined)
    throw new AppError('Incompatible', `A model was asked for with ${bad} as a number.`);
}

const lengthOf = (model: LabModel) =>
  model.kind === 'sum' ? model.weights.length : model.kind === 'stitch' ? model.masks.length : 0;

function realsOf(model: LabModel): number[] {
  if (model.kind === 'sum') return model.weights;
  if (model.kind === 'ties') return [model.lambda, checkedDensity(model.density)];
  if (model.kind === 'stitch')
    return model.masks.flatMap((mask) => (mask ? [checkedDensity(mask.density)] : []));
  return [];
}

const checkedDensity = (density: number) => (density >= 0 && density <= 1 ? density : NaN);

/** Writes the weights of a model over the scope into `theta`. */
export async function writeModel(
  weights: LabWeights,
  masks: MaskBits,
  model: LabModel,
  work: Workspace,
): Promise<void> {
  if (model.kind === 'stitch') return writeStitch(weights, masks, model.masks, work);
  if (model.kind === 'ties') return writeTies(weights, masks, model, work);
  const { compute, size, base, taus } = weights;
  const add = (x: ComputeBuffer, by: number) =>
    run(weights, addScaled, [x, work.theta], [floatBits(by)]);
  compute.clear(work.theta);
  if (model.kind === 'tuned') await add(taus[model.task]!, 1);
  if (model.kind === 'sum')
    for (const [m, weight] of model.weights.entries())
      if (weight !== 0) await add(taus[m]!, weight);
  if (model.kind === 'base') compute.copy(base, work.theta, size * 4);
  else await add(base, 1);
}

/** θ_pre + Σ τ / |A| over the owners A of each position (He et al. 2025, §3.3). */
async function writeStitch(
  weights: LabWeights,
  masks: MaskBits,
  wanted: readonly (LabMask | null)[],
  { theta, owners }: Workspace,
): Promise<void> {
  const held = heldOf(await masks.bits(wanted));
  if (held.length === 0) return weights.compute.copy(weights.base, theta, weights.size * 4);
  for (const [i, { task, bits }] of held.entries())
    await run(
      weights,
      stitchWeights,
      [weights.base, weights.taus[task]!, bits, owners, theta],
      [],
      {
        FIRST: Number(i === 0),
        LAST: Number(i === held.length - 1),
      },
    );
}

/** θ_pre + λ · mean of the trimmed τ that have the sign of their sum (Yadav et al. 2023, §4). */
async function writeTies(
  weights: LabWeights,
  masks: MaskBits,
  { tasks, density, lambda }: Extract<LabModel, { kind: 'ties' }>,
  { theta, owners, sum }: Workspace,
): Promise<void> {
  const { base, taus, compute, size } = weights;
  const wanted = taus.map((_, m) => (tasks.includes(m) ? { by: 'dataless', density } : null));
  const held = heldOf(await masks.bits(wanted));
  if (held.length === 0) return compute.copy(base, theta, size * 4);
  for (const [i, { task, bits }] of held.entries()) {
    const order = { FIRST: Number(i === 0), LAST: 0 };
    await run(weights, stitchWeights, [base, taus[task]!, bits, owners, sum], [], order);
  }
  for (const [i, { task, bits }] of held.entries()) {
    const order = { FIRST: Number(i === 0), LAST: Number(i === held.length - 1) };
    const buffers = [base, taus[task]!, bits, sum, owners, theta];
    await run(weights, electWeights, buffers, [floatBits(lambda)], order);
  }
}

const heldOf = (bits: readonly (ComputeBuffer | null)[]) =>
  bits.flatMap((each, task) => (each ? [{ task, bits: each }] : []));

function run(
  { compute, size }: LabWeights,
  kernel: Kernel,
  buffers: readonly ComputeBuffer[],
  params: readonly number[],
  constants: Constants = {},
): Promise<void> {
  return compute.dispatch({
    ...{ kernel, constants, buffers },
    params: new Uint32Array([size, ...params]),
    threads: size,
  });
}
