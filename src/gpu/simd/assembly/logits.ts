/** Mask logits S with γ = σ(S): loops over `count` float32 values, whose arrays have room for a multiple of four. */

import { sigmoid } from './functions';

/** θ = base + σ(S)·τ. */
export function graftWeights(count: i32, base: usize, tau: usize, s: usize, theta: usize): void {
  for (const end = s + 4 * count; s < end; s += 16, tau += 16, base += 16, theta += 16) {
    const change = f32x4.mul(sigmoid(v128.load(s)), v128.load(tau));
    v128.store(theta, f32x4.add(v128.load(base), change));
  }
}

/**
 * S ← S − (g·τ·factor + λ)·rate·σ′(S); then counts σ(S) in `binCount` bins from 0 to 1, each
 * with its upper end.
 */
export function logitStep(
  count: i32,
  g: usize,
  tau: usize,
  s: usize,
  rate: f32,
  factor: f32,
  lambda: f32,
  bins: usize,
  binCount: i32,
): void {
  const one = f32x4.splat(1);
  const last = i32x4.splat(binCount - 1);
  for (let k = 0; k < count; k += 4) {
    const at: usize = 4 * k;
    const before = v128.load(s + at);
    const share = sigmoid(before);
    const slope = f32x4.mul(share, f32x4.sub(one, share));
    const product = f32x4.mul(v128.load(g + at), v128.load(tau + at));
    const x = f32x4.add(f32x4.mul(product, f32x4.splat(factor)), f32x4.splat(lambda));
    const after = f32x4.sub(before, f32x4.mul(f32x4.mul(x, f32x4.splat(rate)), slope));
    v128.store(s + at, after);
    const place = f32x4.ceil(f32x4.mul(sigmoid(after), f32x4.splat(<f32>binCount)));
    const bin = i32x4.sub(i32x4.trunc_sat_f32x4_s(place), i32x4.splat(1));
    const held = i32x4.min_s(last, i32x4.max_s(bin, i32x4.splat(0)));
    countOne(bins, i32x4.extract_lane(held, 0));
    if (k + 1 < count) countOne(bins, i32x4.extract_lane(held, 1));
    if (k + 2 < count) countOne(bins, i32x4.extract_lane(held, 2));
    if (k + 3 < count) countOne(bins, i32x4.extract_lane(held, 3));
  }
}

function countOne(bins: usize, bin: i32): void {
  store<u32>(bins + 4 * bin, load<u32>(bins + 4 * bin) + 1);
}
