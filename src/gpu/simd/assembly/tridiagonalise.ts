/**
 * Householder's reduction of a symmetric matrix in float64 to a tridiagonal one (Golub and Van Loan, Matrix Computations, §8.3.1),
 * in one pass over its lower triangle for each reflection: the update that the reflection before it left over, and the
 * product with its own vector.
 */

/** Bytes that `tridiagonalise` needs to work in. */
export function scratchBytes(n: i32): usize {
  return 3 * 8 * n;
}

/**
 * A [n, n], of which the lower triangle is read, = Q T Qᵀ, with T of `diagonal` and, between i − 1 and i, `off`[i], and Q the
 * product of the reflections I − tau[i]·u·uᵀ for i from n − 1 down to 1. Row i of A becomes u, of length i.
 */
export function tridiagonalise(
  n: i32,
  a: usize,
  diagonal: usize,
  off: usize,
  tau: usize,
  scratch: usize,
): void {
  const bytes = 8 * n;
  memory.fill(scratch, 0, 2 * bytes);
  let u = scratch;
  let p = scratch + bytes;
  let next = scratch + 2 * bytes;
  for (let i = n - 1; i > 0; i--) {
    const v = a + 8 * i * n;
    for (let j = 0; j <= i; j++) update(v, u, p, i, j);
    store<f64>(diagonal + 8 * i, load<f64>(v + 8 * i));
    const alpha = load<f64>(v + 8 * (i - 1));
    const rest = dot(v, v, i - 1);
    let beta = alpha;
    let factor: f64 = 0;
    if (rest > 0) {
      const norm = Math.sqrt(rest + alpha * alpha);
      beta = alpha > 0 ? -norm : norm;
      factor = (beta - alpha) / beta;
      for (let j = 0; j < i - 1; j++) store<f64>(v + 8 * j, load<f64>(v + 8 * j) / (alpha - beta));
      store<f64>(v + 8 * (i - 1), 1);
    } else memory.fill(v, 0, 8 * i);
    store<f64>(off + 8 * i, beta);
    store<f64>(tau + 8 * i, factor);
    updateAndMultiply(n, i, a, u, p, v, next);
    for (let j = 0; j < i; j++) store<f64>(next + 8 * j, factor * load<f64>(next + 8 * j));
    const half = 0.5 * factor * dot(next, v, i);
    for (let j = 0; j < i; j++)
      store<f64>(next + 8 * j, load<f64>(next + 8 * j) - half * load<f64>(v + 8 * j));
    u = v;
    const last = p;
    p = next;
    next = last;
  }
  if (n > 0) update(a, u, p, 0, 0);
  if (n > 0) store<f64>(diagonal, load<f64>(a));
}

function dot(x: usize, y: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (let j = 0; j < n; j++) sum += load<f64>(x + 8 * j) * load<f64>(y + 8 * j);
  return sum;
}

/** Element [r, j] of A −= u·pᵀ + p·uᵀ, given its row. */
function update(row: usize, u: usize, p: usize, r: i32, j: i32): void {
  const change =
    load<f64>(u + 8 * r) * load<f64>(p + 8 * j) + load<f64>(p + 8 * r) * load<f64>(u + 8 * j);
  store<f64>(row + 8 * j, load<f64>(row + 8 * j) - change);
}

/** A −= u·pᵀ + p·uᵀ, then `next` = A·v, on the leading [i, i] of A, four rows at a time. */
function updateAndMultiply(
  n: i32,
  i: i32,
  a: usize,
  u: usize,
  p: usize,
  v: usize,
  next: usize,
): void {
  memory.fill(next, 0, 8 * i);
  let r = 0;
  for (; r + 3 < i; r += 4) {
    fourRows(n, r, a + 8 * r * n, u, p, v, next);
    for (let row = r; row < r + 4; row++) corner(row, r, a + 8 * row * n, u, p, v, next);
  }
  for (; r < i; r++) corner(r, 0, a + 8 * r * n, u, p, v, next);
}

/** What `updateAndMultiply` does to columns [0, r) of rows [r, r + 4), which begin at `row`. */
function fourRows(n: i32, r: i32, row: usize, u: usize, p: usize, v: usize, next: usize): void {
  const row1 = row + 8 * n;
  const row2 = row1 + 8 * n;
  const row3 = row2 + 8 * n;
  const to = 8 * r;
  const u0 = v128.load64_splat(u + to);
  const u1 = v128.load64_splat(u + to, 8);
  const u2 = v128.load64_splat(u + to, 16);
  const u3 = v128.load64_splat(u + to, 24);
  const p0 = v128.load64_splat(p + to);
  const p1 = v128.load64_splat(p + to, 8);
  const p2 = v128.load64_splat(p + to, 16);
  const p3 = v128.load64_splat(p + to, 24);
  const v0 = v128.load64_splat(v + to);
  const v1 = v128.load64_splat(v + to, 8);
  const v2 = v128.load64_splat(v + to, 16);
  const v3 = v128.load64_splat(v + to, 24);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let j = 0; j < to; j += 16) {
    const pj = v128.load(p + j);
    const uj = v128.load(u + j);
    const vj = v128.load(v + j);
    let sum = v128.load(next + j);
    let x = updated(row + j, u0, pj, p0, uj);
    s0 = f64x2.add(s0, f64x2.mul(x, vj));
    sum = f64x2.add(sum, f64x2.mul(x, v0));
    x = updated(row1 + j, u1, pj, p1, uj);
    s1 = f64x2.add(s1, f64x2.mul(x, vj));
    sum = f64x2.add(sum, f64x2.mul(x, v1));
    x = updated(row2 + j, u2, pj, p2, uj);
    s2 = f64x2.add(s2, f64x2.mul(x, vj));
    sum = f64x2.add(sum, f64x2.mul(x, v2));
    x = updated(row3 + j, u3, pj, p3, uj);
    s3 = f64x2.add(s3, f64x2.mul(x, vj));
    sum = f64x2.add(sum, f64x2.mul(x, v3));
    v128.store(next + j, sum);
  }
  add(next + to, s0);
  add(next + to + 8, s1);
  add(next + to + 16, s2);
  add(next + to + 24, s3);
}

function updated(at: usize, ur: v128, pj: v128, pr: v128, uj: v128): v128 {
  const change = f64x2.add(f64x2.mul(ur, pj), f64x2.mul(pr, uj));
  const x = f64x2.sub(v128.load(at), change);
  v128.store(at, x);
  return x;
}

function add(at: usize, pair: v128): void {
  store<f64>(at, load<f64>(at) + (f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1)));
}

/** What `updateAndMultiply` does to columns [from, r] of row r. */
function corner(r: i32, from: i32, row: usize, u: usize, p: usize, v: usize, next: usize): void {
  for (let j = from; j <= r; j++) {
    update(row, u, p, r, j);
    const x = load<f64>(row + 8 * j);
    store<f64>(next + 8 * r, load<f64>(next + 8 * r) + x * load<f64>(v + 8 * j));
    if (j < r) store<f64>(next + 8 * j, load<f64>(next + 8 * j) + x * load<f64>(v + 8 * r));
  }
}
