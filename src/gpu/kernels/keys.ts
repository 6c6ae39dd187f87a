import { floatBits } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { createScores } from './balance.ts';
import balance from './balance.wgsl?raw';
import { rowLoops, type openRows, type Row } from '../simd/rows.ts';
import { blockElements, floatsOf, loadRow } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import keys from './keys.wgsl?raw';

const { fround } = Math;

/** What kernels over ranked positions begin with. */
export const keysWgsl = numeric + balance + keys;

const isCounted = (x: number) => Math.abs(x) >= 2 ** -60 && Math.abs(x) < 2 ** 60;

/** The buffers of kernels over ranked positions; `share` is 1 / rows. */
export interface KeyInputs {
  weights: Uint32Array;
  inputs: Uint32Array;
  rows: number;
  share: number;
}

/** Fills `keys` with what the elements of a block are ranked by in a row, by the formulas of the shader. */
export type FillKeys = (
  row: number,
  block: readonly [from: number, count: number],
  keys: Row,
) => void;

/** Rows that keys are made with, and one of keys. */
export const keyRows = 3;

export function createKeys(
  of: KeyInputs,
  { SPREAD = 0, BALANCE = 0 }: Constants,
  open: ReturnType<typeof openRows>,
): FillKeys {
  if (BALANCE) return scoreKeys(of);
  return SPREAD ? spreadKeys(of) : distanceKeys(of, open);
}

/** |θ − θ_pre| */
function distanceKeys({ weights, inputs }: KeyInputs, open: ReturnType<typeof openRows>): FillKeys {
  const [base, theta] = [open.row(), open.row()];
  return (row, block, keys) => {
    loadRow(weights, inputs, 0, block, base);
    loadRow(weights, inputs, row + 1, block, theta);
    rowLoops.fillDistances(keys.at, base.at, theta.at, Math.ceil(block[1] / 32));
  };
}

/** Σ (τ − mean τ)² over all rows; the same for each of them. */
function spreadKeys({ weights, inputs, rows, share }: KeyInputs): FillKeys {
  const decoded = new Float32Array(blockElements);
  const changes = Array.from({ length: rows }, () => new Float32Array(blockElements));
  return (_, block, { words: keys }) => {
    const base = floatsOf(weights, inputs, 0, block, decoded);
    changes.forEach((own, m) => {
      const theta = floatsOf(weights, inputs, m + 1, block, own);
      for (let k = 0; k < block[1]; k++) {
        const change = fround(theta[k]! - base[k]!);
        own[k] = isCounted(change) ? change : 0;
      }
    });
    for (let k = 0; k < block[1]; k++) {
      let sum = 0;
      for (let m = 0; m < rows; m++) sum = fround(sum + changes[m]![k]!);
      const mean = fround(sum * share);
      let squares = 0;
      for (let m = 0; m < rows; m++) {
        const apart = fround(changes[m]![k]! - mean);
        squares = fround(squares + fround(apart * apart));
      }
      keys[k] = isCounted(squares) ? floatBits(squares) : 0;
    }
  };
}

function scoreKeys({ weights, inputs, rows }: KeyInputs): FillKeys {
  const scores = createScores({ weights, inputs, models: rows });
  return (row, block, keys) => scores(row, block, keys.floats);
}
