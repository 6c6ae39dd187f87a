import { incompatible } from '../errors.ts';
import type { ComputeBuffer, Constants } from '../gpu/compute.ts';
import { combine } from '../gpu/kernels/combine.ts';
import { inputWords, wordDtypes } from '../gpu/kernels/numeric.ts';
import { dtypeConstants } from '../merge/chunkInputs.ts';
import type { Slot } from '../merge/chunkStream.ts';
import { localizeAndStitch } from '../merge/methods/localizeAndStitch/localizeAndStitch.ts';
import { taskArithmetic } from '../merge/methods/taskArithmetic/taskArithmetic.ts';
import { ties } from '../merge/methods/ties/ties.ts';
import { chunkElements } from '../merge/plan.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes } from '../tensor/release.ts';
import type { MaskBits } from './maskBits.ts';
import type { LabModel, MadeModel } from '../api/lab.ts';
import type { LabWeights } from './weights.ts';

/** Where models are made: an array over the scope, and room for a run of positions of all task vectors. */
export interface Workspace {
  theta: ComputeBuffer;
  slot: Pick<Slot, 'weights' | 'inputs' | 'masks' | 'out' | 'changed'>;
  elements: number;
}

/** Bytes of base and task vectors that are merged at once. */
const runBytes = 2 ** 24;

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

/** What a merge takes: one term for each model that takes part, all by these constants of the combine kernel. */
interface Terms {
  constants: Constants;
  lambda: number;
  models: { tau: ComputeBuffer; weight: number; mask: ComputeBuffer | null }[];
}

/** Writes the weights of a model over the scope into `theta`, merged as by the methods of their names. */
export async function writeModel(
  weights: LabWeights,
  masks: MaskBits,
  model: MadeModel,
  work: Workspace,
): Promise<void> {
  const { compute, base, size } = weights;
  const terms = await termsOf(weights, masks, model);
  if (terms.models.length === 0) return compute.copy(base, work.theta, size * 4);
  for (let from = 0; from < size; from += work.elements)
    await mergeRun(weights, terms, work, from, Math.min(work.elements, size - from));
}

async function termsOf({ taus }: LabWeights, masks: MaskBits, model: MadeModel): Promise<Terms> {
  if (model.kind === 'stitch') {
    const models = held(taus, await masks.bits(model.masks));
    return { constants: { ...localizeAndStitch.constants, DELTA: 1 }, lambda: 1, models };
  }
  if (model.kind === 'ties') {
    const { tasks, density, lambda } = model;
    const wanted = taus.map((_, m) => (tasks.includes(m) ? { by: 'dataless', density } : null));
    return { constants: ties.constants, lambda, models: held(taus, await masks.bits(wanted)) };
  }
  const added = taus.map((tau, m) => ({ tau, weight: weightIn(model, m), mask: null }));
  return {
    constants: { ...taskArithmetic.constants, USE_MASKS: 0 },
    lambda: 1,
    models: added.filter(({ weight }) => weight !== 0),
  };
}

function weightIn(model: MadeModel, m: number): number {
  if (model.kind === 'sum') return model.weights[m] ?? 0;
  return model.kind === 'tuned' && model.task === m ? 1 : 0;
}

const held = (
  taus: readonly ComputeBuffer[],
  masks: readonly (ComputeBuffer | null)[],
): Terms['models'] =>
  masks.flatMap((mask, m) => (mask ? [{ tau: taus[m]!, weight: 1, mask }] : []));

/** Merges the positions [from, from + elements) of the scope; `from` is a multiple of 32. */
async function mergeRun(
  { compute, base }: LabWeights,
  { constants, lambda, models }: Terms,
  { slot, theta }: Workspace,
  from: number,
  elements: number,
): Promise<void> {
  const words = Math.ceil(elements / 32);
  const place = { from: from * 4 };
  const f32 = wordDtypes.F32;
  compute.copy(base, slot.weights, elements * 4, place);
  for (const [i, { tau, mask }] of models.entries()) {
    compute.copy(tau, slot.weights, elements * 4, { ...place, to: (i + 1) * elements * 4 });
    if (mask) compute.copy(mask, slot.masks, words * 4, { from: from / 8, to: i * words * 4 });
  }
  const rows = models.map(({ weight }, i) => {
    const bits = floatBits(weight);
    return [(i + 1) * elements, f32, bits, bits];
  });
  compute.write(slot.inputs, 0, asBytes(Uint32Array.from([[0, f32, 0, 0], ...rows].flat())));
  await compute.dispatch({
    kernel: combine,
    constants: { ...constants, TAUS: 1, ...dtypeConstants(f32) },
    buffers: [slot.weights, slot.inputs, slot.masks, slot.out, slot.changed],
    params: new Uint32Array([elements, words, models.length, f32, floatBits(lambda), 0, 0, 0]),
    threads: words,
  });
  compute.copy(slot.out, theta, elements * 4, { to: from * 4 });
}

/** Room to merge so many models in. */
export async function createWorkspace({ compute, size, taus }: LabWeights): Promise<Workspace> {
  const elements = Math.min(Math.ceil(size / 32) * 32, chunkElements(taus.length, runBytes));
  const words = elements / 32;
  return {
    elements,
    theta: await compute.buffer(size * 4),
    slot: {
      weights: await compute.buffer((taus.length + 1) * elements * 4),
      inputs: await compute.buffer((taus.length + 1) * inputWords * 4),
      masks: await compute.buffer(Math.max(1, taus.length) * words * 4),
      out: await compute.buffer(elements * 4),
      changed: await compute.buffer(words * 4),
    },
  };
}

export function freeWorkspace({ compute }: LabWeights, { theta, slot }: Workspace): void {
  [theta, ...Object.values(slot)].forEach((buffer) => compute.free(buffer));
}
