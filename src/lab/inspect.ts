import { logBins, sumSquares } from '../analysis/logBins.ts';
import { addMasks, emptyTally } from '../analysis/maskTally.ts';
import { incompatible } from '../errors.ts';
import { describeTensors } from '../models/describeTensor.ts';
import type { OpenLab } from './openLab.ts';
import type { LabMask, LabModel, LabOverlap, LabOwners, LabVector } from '../api/lab.ts';
import { valuesOf } from './weights.ts';
import { checkModel } from './writeModel.ts';

/** Most masks whose owners fit a word. */
const mostOwners = 16;

/** The task vector of a fine-tune, as numbers to look at. */
export async function inspectVector(lab: OpenLab, task: number): Promise<LabVector> {
  const { weights, checkpoints } = lab;
  const buffer = weights.taus[task];
  if (!buffer)
    throw incompatible(
      `“${lab.tasks[task]?.name ?? task}” has no fine-tune, and no task vector. Choose a task that has one.`,
    );
  const [tau, base] = [await valuesOf(weights, buffer), await valuesOf(weights, weights.base)];
  const names = weights.ranges.map(({ tensor }) => tensor.name);
  const roles = describeTensors(checkpoints[0] ?? { architecture: null }, names);
  const root = (values: Float32Array, from: number, to: number) =>
    Math.sqrt(sumSquares(values, from, to) / Math.max(1, to - from));
  return {
    histogram: logBins(tau),
    norm: Math.sqrt(sumSquares(tau, 0, tau.length)),
    baseNorm: Math.sqrt(sumSquares(base, 0, base.length)),
    tensors: weights.ranges.map(({ tensor: { name, shape }, from, to }, t) => ({
      name,
      shape: [...shape],
      elements: to - from,
      layer: roles[t]?.layer ?? null,
      component: roles[t]?.component ?? 'other',
      tau: root(tau, from, to),
      base: root(base, from, to),
    })),
  };
}

/** Bits [N] of the positions in scope where a model differs from the base. */
export async function changedBits({ shelf, weights }: OpenLab, model: LabModel) {
  const theta = await valuesOf(weights, await shelf.theta(model));
  const base = await valuesOf(weights, weights.base);
  const bits = new Uint32Array(Math.ceil(weights.size / 32));
  let changed = 0;
  for (let k = 0; k < weights.size; k++) {
    if (Object.is(theta[k], base[k])) continue;
    bits[k >>> 5]! |= 1 << (k & 31);
    changed++;
  }
  return { bits, changed };
}

/** How masks overlap over the whole scope. */
export async function inspectOverlap(
  lab: OpenLab,
  masks: readonly (LabMask | null)[],
): Promise<LabOverlap> {
  checkModel({ kind: 'stitch', masks: [...masks] }, lab.models);
  const { size } = lab.weights;
  const words = Math.ceil(size / 32);
  const rows = new Uint32Array((masks.length + 1) * words);
  (await readMasks(lab, masks)).forEach((bits, m) => bits && rows.set(bits, m * words));
  const { bits } = await changedBits(lab, { kind: 'stitch', masks: [...masks] });
  rows.set(bits, masks.length * words);
  const tally = emptyTally(masks.length);
  addMasks(tally, rows, size);
  const { kept, intersections, owners, changed } = tally;
  return { kept, intersections, owners, changed };
}

/** Who holds each weight of a matrix in scope. */
export async function inspectOwners(
  lab: OpenLab,
  tensor: string,
  masks: readonly (LabMask | null)[],
): Promise<LabOwners> {
  const range = lab.weights.ranges.find((each) => each.tensor.name === tensor);
  const [rows = 0, columns = 0] = range?.tensor.shape ?? [];
  if (!range || range.tensor.shape.length !== 2 || masks.length > mostOwners)
    throw incompatible(
      `The owners of ${tensor} by ${masks.length} masks were asked for. Choose a matrix in scope, and at most ${mostOwners} masks.`,
    );
  checkModel({ kind: 'stitch', masks: [...masks] }, lab.models);
  const bits = new Uint16Array(rows * columns);
  (await readMasks(lab, masks)).forEach((words, m) => {
    if (!words) return;
    for (let k = 0; k < bits.length; k++) {
      const at = range.from + k;
      bits[k]! |= ((words[at >>> 5]! >>> (at & 31)) & 1) << m;
    }
  });
  return { rows, columns, bits };
}

async function readMasks(
  { masks: bits, weights: { compute } }: OpenLab,
  masks: readonly (LabMask | null)[],
): Promise<(Uint32Array | null)[]> {
  const buffers = await bits.bits(masks);
  const held = buffers.filter((buffer) => buffer !== null);
  const read = await compute.read(held.map((buffer) => ({ buffer, bytes: buffer.bytes })));
  return buffers.map((buffer) => (buffer ? read[held.indexOf(buffer)]! : null));
}
