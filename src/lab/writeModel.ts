import { incompatible } from '../errors.ts';
import type { ComputeBuffer, Constants, Kernel } from '../gpu/compute.ts';
import { addScaled } from '../gpu/kernels/addScaled.ts';
import { stitchWeights } from '../gpu/kernels/stitchWeights.ts';
import { floatBits } from '../tensor/float.ts';
import type { MaskBits } from './maskBits.ts';
import type { LabModel } from '../api/lab.ts';
import type { LabWeights } from './weights.ts';

/** Arrays over the scope to make models in. */
export interface Workspace {
  theta: ComputeBuffer;
  owners: ComputeBuffer;
  sum: ComputeBuffer;
}

/** Throws Incompatible for a model that so many fine-tunes cannot make. */
export function checkModel(model: LabModel, models: number): void {
  const odd = tasksOf(model).find((task) => !Number.isInteger(task) || task < 0 || task >= models);
  if (odd !== undefined)
    throw incompatible(
      `A model was asked for that takes fine-tune ${odd + 1}, and there are ${models}.`,
    );
  const { factors, densities } = numbersOf(model);
  const bad =
    factors.find((value) => !Number.isFinite(value)) ??
    densities.find((value) => !(value >= 0 && value <= 1));
  if (bad !== undefined)
    throw incompatible(
      `A model was asked for with the number ${bad}. Give a finite weight, or a density of 0 to 1.`,
    );
}

/** The fine-tunes that a model names, or the last it has a place for. */
function tasksOf(model: LabModel): number[] {
  if (model.kind === 'tuned') return [model.task];
  if (model.kind === 'ties') return model.tasks;
  const places = model.kind === 'sum' ? model.weights : model.kind === 'stitch' ? model.masks : [];
  return places.length > 0 ? [places.length - 1] : [];
}

function numbersOf(model: LabModel): { factors: number[]; densities: number[] } {
  if (model.kind === 'sum') return { factors: model.weights, densities: [] };
  if (model.kind === 'ties') return { factors: [model.lambda], densities: [model.density] };
  const masks = model.kind === 'stitch' ? model.masks : [];
  return { factors: [], densities: masks.flatMap((mask) => mask?.density ?? []) };
}

/** Writes the weights of a model over the scope into `theta`. */
export async function writeModel(
  weights: LabWeights,
  masks: MaskBits,
  model: LabModel,
  work: Workspace,
): Promise<void> {
  const { compute, size, base, taus } = weights;
  if (model.kind === 'stitch') return writeMean(weights, await masks.bits(model.masks), work);
  if (model.kind === 'ties') {
    const { tasks, density, lambda } = model;
    const wanted = taus.map((_, m) => (tasks.includes(m) ? { by: 'dataless', density } : null));
    return writeMean(weights, await masks.bits(wanted), work, lambda);
  }
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

/**
 * θ_pre + the mean τ of the owners of each position (He et al. 2025, §3.3); with λ, times it, of those alone that have the sign of
 * their sum (Yadav et al. 2023, §4).
 */
async function writeMean(
  weights: LabWeights,
  masks: readonly (ComputeBuffer | null)[],
  { theta, owners, sum }: Workspace,
  lambda?: number,
): Promise<void> {
  const { base, taus, compute, size } = weights;
  const held = masks.flatMap((bits, task) => (bits ? [{ tau: taus[task]!, bits }] : []));
  if (held.length === 0) return compute.copy(base, theta, size * 4);
  const addUp = async (into: ComputeBuffer, constants: Constants) => {
    for (const [i, { tau, bits }] of held.entries()) {
      const buffers = [base, tau, bits, constants.ELECT ? sum : tau, owners, into];
      const order = { FIRST: Number(i === 0), LAST: Number(i === held.length - 1) };
      const scale = floatBits(lambda ?? 1);
      await run(weights, stitchWeights, buffers, [scale], { ...order, ...constants });
    }
  };
  if (lambda === undefined) return addUp(theta, {});
  await addUp(sum, { LAST: 0 });
  await addUp(theta, { ELECT: 1 });
}

function run(
  { compute, size }: LabWeights,
  kernel: Kernel,
  buffers: readonly ComputeBuffer[],
  params: readonly number[],
  constants: Constants = {},
): Promise<void> {
  return compute.dispatch({
    kernel,
    constants,
    buffers,
    params: new Uint32Array([size, ...params]),
    threads: size,
  });
}
