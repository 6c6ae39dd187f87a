import { bitsFloat, floatBits } from '../../tensor/float.ts';
import type { Constants } from '../compute.ts';
import { score } from './balance.ts';
import balance from './balance.wgsl?raw';
import { distance, load } from './numeric.ts';
import numeric from './numeric.wgsl?raw';
import keys from './keys.wgsl?raw';

const { fround } = Math;

/** What kernels over ranked positions begin with. */
export const keysWgsl = numeric + balance + keys;

const isCounted = (x: number) => Math.abs(x) >= 2 ** -60 && Math.abs(x) < 2 ** 60;

/** What positions are ranked by, by the formulas of the shader; `share` is 1 / rows. */
export function keyOf(
  {
    weights,
    inputs,
    rows,
    share,
  }: { weights: Uint32Array; inputs: Uint32Array; rows: number; share: number },
  row: number,
  k: number,
  { SPREAD = 0, BALANCE = 0 }: Constants,
): number {
  if (BALANCE) return floatBits(score({ weights, inputs, models: rows }, row, k));
  const base = load(weights, inputs, 0, k);
  if (!SPREAD) return distance(load(weights, inputs, row + 1, k), base);
  const change = (m: number) => {
    const tau = fround(bitsFloat(load(weights, inputs, m + 1, k)) - bitsFloat(base));
    return isCounted(tau) ? tau : 0;
  };
  let sum = 0;
  for (let m = 0; m < rows; m++) sum = fround(sum + change(m));
  const mean = fround(sum * share);
  let squares = 0;
  for (let m = 0; m < rows; m++) {
    const apart = fround(change(m) - mean);
    squares = fround(squares + fround(apart * apart));
  }
  return isCounted(squares) ? floatBits(squares) : 0;
}
