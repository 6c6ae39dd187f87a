import { incompatible } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import { modelReader } from '../runs/evaluation/predictWith.ts';
import { askRun } from '../runs/evaluation/askRun.ts';
import type { LabWeights } from './weights.ts';

/** Elements read at once. */
const pieceElements = 2 ** 20;

/** Writes what a finished run merged, over the scope, into `theta`; throws Incompatible where it merged what the scope lacks. */
export async function readRun(
  { compute, ranges }: LabWeights,
  run: string,
  theta: ComputeBuffer,
): Promise<void> {
  await askRun(crypto.randomUUID(), run, async (planned) => {
    const held = new Set(ranges.map(({ tensor }) => tensor.name));
    const beyond = planned.plan.outputs.find(
      ({ planned: { fate, tensor } }) => fate !== 'copied' && !held.has(tensor.name),
    );
    if (beyond)
      throw incompatible(
        `The result merged ${beyond.planned.tensor.name}, which the models held in memory do not. Give every model test data to ask it here; its scores are told all the same.`,
      );
    const merged = modelReader(planned, 0, 'merged');
    for (const { tensor, from, to } of ranges)
      for (let at = from; at < to; at += pieceElements) {
        const end = Math.min(to, at + pieceElements);
        compute.write(theta, 4 * at, await merged.read(tensor, 4 * (at - from), 4 * (end - from)));
      }
  });
}
