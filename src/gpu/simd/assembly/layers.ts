/** Layers of transformers, forward and backward, on float32 rows whose widths are multiples of four. */

import { exp, largestOf, phi, sumOf } from './functions';
import { product, scratchBytes } from './product';

export { product, scratchBytes };

/** y = x·Φ(x) (Hendrycks & Gimpel 2016) of `count` values, a multiple of 4. */
export function gelu(count: i32, x: usize, y: usize): void {
  for (const end = x + 4 * count; x < end; x += 16, y += 16) {
    const at = v128.load(x);
    v128.store(y, f32x4.mul(at, phi(at)));
  }
}

/** dx = dy·(Φ(x) + x·φ(x)). */
export function geluGradient(count: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + 4 * count; x < end; x += 16, dy += 16, dx += 16) {
    const at = v128.load(x);
    const square = f32x4.mul(at, at);
    const density = f32x4.mul(exp(f32x4.mul(square, f32x4.splat(-0.5))), f32x4.splat(0.39894228));
    const slope = f32x4.add(phi(at), f32x4.mul(at, density));
    v128.store(dx, f32x4.mul(v128.load(dy), slope));
  }
}

/** y = n·weight + bias by rows, n = (x − mean)·r, r = 1/√(variance + eps); mean and r of each row into `moments`. */
export function layerNorm(
  rows: i32,
  width: i32,
  x: usize,
  weight: usize,
  bias: usize,
  eps: f32,
  y: usize,
  moments: usize,
): void {
  const row: usize = 4 * width;
  for (let i = 0; i < rows; i++, x += row, y += row, moments += 8) {
    let sum = f32x4.splat(0);
    for (let k: usize = 0; k < row; k += 16) sum = f32x4.add(sum, v128.load(x + k));
    const mean = sumOf(sum) / <f32>width;
    const means = f32x4.splat(mean);
    sum = f32x4.splat(0);
    for (let k: usize = 0; k < row; k += 16) {
      const centred = f32x4.sub(v128.load(x + k), means);
      sum = f32x4.add(sum, f32x4.mul(centred, centred));
    }
    const scale: f32 = 1 / sqrt(sumOf(sum) / <f32>width + eps);
    const scales = f32x4.splat(scale);
    for (let k: usize = 0; k < row; k += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + k), means), scales);
      const scaled = f32x4.mul(normal, v128.load(weight + k));
      v128.store(y + k, f32x4.add(scaled, v128.load(bias + k)));
    }
    store<f32>(moments, mean);
    store<f32>(moments, scale, 4);
  }
}

/**
 * Gradients of layerNorm: dx = r·(g − mean(g) − n·mean(g·n)) with g = dy·weight, Σ dy·n and Σ dy over the rows. `sums` are
 * 16 bytes a column to work in.
 */
export function layerNormGradient(
  rows: i32,
  width: i32,
  x: usize,
  weight: usize,
  moments: usize,
  dy: usize,
  dx: usize,
  dWeight: usize,
  dBias: usize,
  sums: usize,
): void {
  const row: usize = 4 * width;
  memory.fill(sums, 0, 4 * row);
  for (let i = 0; i < rows; i++, x += row, dy += row, dx += row, moments += 8) {
    const means = v128.load32_splat(moments);
    const scales = v128.load32_splat(moments, 4);
    let sum = f32x4.splat(0);
    let along = sum;
    for (let k: usize = 0; k < row; k += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + k), means), scales);
      const from = v128.load(dy + k);
      const g = f32x4.mul(from, v128.load(weight + k));
      sum = f32x4.add(sum, g);
      along = f32x4.add(along, f32x4.mul(g, normal));
      addDoubles(sums + 2 * k, f32x4.mul(from, normal));
      addDoubles(sums + 2 * row + 2 * k, from);
    }
    const mean = f32x4.splat(sumOf(sum) / <f32>width);
    const share = f32x4.splat(sumOf(along) / <f32>width);
    for (let k: usize = 0; k < row; k += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + k), means), scales);
      const g = f32x4.mul(v128.load(dy + k), v128.load(weight + k));
      const rest = f32x4.sub(f32x4.sub(g, mean), f32x4.mul(normal, share));
      v128.store(dx + k, f32x4.mul(scales, rest));
    }
  }
  storeSingles(width, sums, dWeight);
  storeSingles(width, sums + 2 * row, dBias);
}

/** Sums of each column over the rows, taken in float64; `sums` are 8 bytes a column to work in. */
export function sumRows(rows: i32, width: i32, x: usize, y: usize, sums: usize): void {
  const row: usize = 4 * width;
  memory.fill(sums, 0, 2 * row);
  for (let i = 0; i < rows; i++, x += row)
    for (let k: usize = 0; k < row; k += 16) addDoubles(sums + 2 * k, v128.load(x + k));
  storeSingles(width, sums, y);
}

function addDoubles(to: usize, x: v128): void {
  const high = v128.shuffle<f32>(x, x, 2, 3, 0, 1);
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(x)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(high)), 16);
}

function storeSingles(count: i32, from: usize, to: usize): void {
  for (let k = 0; k < count; k++) store<f32>(to + 4 * k, <f32>load<f64>(from + 8 * k));
}

/** Lays one row `count` times from `to` on. */
export function repeatRow(count: i32, width: i32, row: usize, to: usize): void {
  for (let i = 0; i < count; i++, to += 4 * width) memory.copy(to, row, 4 * width);
}

/**
 * Attention of one head of one text: shares = softmax(scale·q·kᵀ + mask), out = shares·v. Rows of q, k, v and out are `row`
 * bytes apart. Shares are [length, width], width a multiple of 4, zero from column `length` on. Rows of the mask are `maskRow`
 * bytes apart (0 for one row that all share); its address is 0 where there is none.
 */
export function attend(
  length: i32,
  size: i32,
  q: usize,
  k: usize,
  v: usize,
  row: usize,
  scale: f32,
  mask: usize,
  maskRow: usize,
  shares: usize,
  width: i32,
  out: usize,
  scratch: usize,
): void {
  product(length, length, size, q, row, 4, k, 4, row, shares, 4 * width, false, scratch);
  for (let i = 0; i < length; i++)
    softmax(length, width, shares + 4 * i * width, scale, mask === 0 ? 0 : mask + i * maskRow);
  product(length, size, length, shares, 4 * width, 4, v, row, 4, out, row, false, scratch);
}

function softmax(length: i32, width: i32, row: usize, scale: f32, mask: usize): void {
  for (let k = 0; k < length; k++) {
    const score = load<f32>(row + 4 * k) * scale;
    store<f32>(row + 4 * k, mask === 0 ? score : score + load<f32>(mask + 4 * k));
  }
  for (let k = length; k < width; k++) store<f32>(row + 4 * k, -Infinity);
  const end = row + 4 * width;
  let most = v128.load(row);
  for (let at = row; at < end; at += 16) most = f32x4.max(most, v128.load(at));
  const largest = f32x4.splat(largestOf(most));
  let sum = f32x4.splat(0);
  for (let at = row; at < end; at += 16) {
    const power = exp(f32x4.sub(v128.load(at), largest));
    sum = f32x4.add(sum, power);
    v128.store(at, power);
  }
  const part = f32x4.splat(1 / sumOf(sum));
  for (let at = row; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), part));
}

/** Gradients of `attend`; `pulls` [length, width] is to work in. */
export function attendGradient(
  length: i32,
  size: i32,
  q: usize,
  k: usize,
  v: usize,
  row: usize,
  scale: f32,
  shares: usize,
  width: i32,
  dOut: usize,
  dq: usize,
  dk: usize,
  dv: usize,
  pulls: usize,
  scratch: usize,
): void {
  const wide: usize = 4 * width;
  product(length, size, length, shares, 4, wide, dOut, row, 4, dv, row, false, scratch);
  memory.fill(pulls, 0, wide * length);
  product(length, length, size, dOut, row, 4, v, 4, row, pulls, wide, false, scratch);
  const scales = f32x4.splat(scale);
  for (let i = 0; i < length; i++) {
    const share = shares + i * wide;
    const pull = pulls + i * wide;
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16)
      sum = f32x4.add(sum, f32x4.mul(v128.load(share + at), v128.load(pull + at)));
    const along = f32x4.splat(sumOf(sum));
    for (let at: usize = 0; at < wide; at += 16) {
      const rest = f32x4.sub(v128.load(pull + at), along);
      v128.store(pull + at, f32x4.mul(f32x4.mul(v128.load(share + at), rest), scales));
    }
  }
  product(length, size, length, pulls, wide, 4, k, row, 4, dq, row, false, scratch);
  product(length, size, length, pulls, 4, wide, q, row, 4, dk, row, false, scratch);
}
