import { floatBits } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { createScores } from './balance.ts';
import balance from './balance.wgsl?raw';
import { blockElements, floatsOf } from './numeric.ts';
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

/** Fills the start of `keys` with what the elements of a block are ranked by in a row, by the formulas of the shader. */
export type FillKeys = (
  row: number,
  block: readonly [from: number, count: number],
  keys: Uint32Array<ArrayBuffer>,
) => void;

export function createKeys(of: KeyInputs, { SPREAD = 0, BALANCE = 0 }: Constants): FillKeys {
  if (BALANCE) return scoreKeys(of);
  return SPREAD ? spreadKeys(of) : distanceKeys(of);
}

/** |θ − θ_pre| */
function distanceKeys({ weights, inputs }: KeyInputs): FillKeys {
  const [from, to] = [new Float32Array(blockElements), new Float32Array(blockElements)];
  return (row, block, keys) => {
    const base = floatsOf(weights, inputs, 0, block, from);
    const theta = floatsOf(weights, inputs, row + 1, block, to);
    fillDistances(base, theta, new Float32Array(keys.buffer), keys, block[1]);
  };
}

/** `sizes` are the keys as f32. */
function fillDistances(
  base: Float32Array,
  theta: Float32Array,
  sizes: Float32Array,
  keys: Uint32Array,
  count: number,
): void {
  for (let k = 0; k < count; k++) {
    sizes[k] = theta[k]! - base[k]!;
    const size = keys[k]! & 0x7fffffff;
    keys[k] = size > 0x7f800000 ? 0x7fc00000 : size;
  }
}

/** Σ (τ − mean τ)² over all rows; the same for each of them. */
function spreadKeys({ weights, inputs, rows, share }: KeyInputs): FillKeys {
  const decoded = new Float32Array(blockElements);
  const changes = Array.from({ length: rows }, () => new Float32Array(blockElements));
  return (_, block, keys) => {
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
  const own = new Float32Array(blockElements);
  const bits = new Uint32Array(own.buffer);
  return (row, block, keys) => {
    scores(row, block, own);
    for (let k = 0; k < block[1]; k++) keys[k] = bits[k]!;
  };
}
