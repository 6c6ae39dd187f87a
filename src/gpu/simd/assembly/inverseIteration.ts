/** Eigenvectors of symmetric tridiagonal matrices by inverse iteration (Golub and Van Loan, Matrix Computations, §7.6.1). */

/** Bytes that `inverseIteration` needs to work in. */
export function scratchBytes(n: i32): usize {
  return 5 * 8 * n;
}

/**
 * Makes of x [n], in place, the unit vector along (T − value)^(−steps)·x, T [n, n] of `diagonal` and, between i − 1 and i, `off`[i];
 * `least` stands for pivots of 0. Returns the largest element of T·x − value·x.
 */
export function inverseIteration(
  n: i32,
  diagonal: usize,
  off: usize,
  value: f64,
  least: f64,
  x: usize,
  steps: i32,
  scratch: usize,
): f64 {
  factorise(n, diagonal, off, value, least, scratch);
  for (let step = 0; step < steps; step++) {
    solve(n, x, scratch);
    normalise(n, x);
  }
  return residue(n, diagonal, off, value, x);
}

/** LU of T − value by elimination with rows exchanged: rows of 5 numbers, 1/pivot, the two right of it, the factor of the row below, whether exchanged. */
function factorise(n: i32, diagonal: usize, off: usize, value: f64, least: f64, rows: usize): void {
  let pivot = load<f64>(diagonal) - value;
  let right: f64 = n > 1 ? load<f64>(off, 8) : 0;
  for (let i = 0; i < n; i++, rows += 40) {
    const last = i + 1 === n;
    const below: f64 = last ? 0 : load<f64>(off + 8 * (i + 1));
    const next: f64 = last ? 0 : load<f64>(diagonal + 8 * (i + 1)) - value;
    const beyond: f64 = i + 2 < n ? load<f64>(off + 8 * (i + 2)) : 0;
    const exchange = Math.abs(pivot) < Math.abs(below);
    const inverse = 1 / (exchange ? below : pivot === 0 ? least : pivot);
    const factor = inverse * (exchange ? pivot : below);
    store<f64>(rows, inverse);
    store<f64>(rows, exchange ? next : right, 8);
    store<f64>(rows, exchange ? beyond : 0, 16);
    store<f64>(rows, factor, 24);
    store<f64>(rows, exchange ? 1 : 0, 32);
    pivot = exchange ? right - factor * next : next - factor * right;
    right = exchange ? -factor * beyond : beyond;
  }
}

function solve(n: i32, x: usize, rows: usize): void {
  let upper = load<f64>(x);
  let row = rows;
  for (let i = 0; i + 1 < n; i++, row += 40) {
    const lower = load<f64>(x + 8 * (i + 1));
    const exchange = load<f64>(row, 32) !== 0;
    const here = exchange ? lower : upper;
    store<f64>(x + 8 * i, here);
    upper = (exchange ? upper : lower) - load<f64>(row, 24) * here;
  }
  store<f64>(x + 8 * (n - 1), upper);
  let next: f64 = 0;
  let afterNext: f64 = 0;
  for (let i = n - 1; i >= 0; i--, row -= 40) {
    const rest = load<f64>(x + 8 * i) - load<f64>(row, 8) * next - load<f64>(row, 16) * afterNext;
    afterNext = next;
    next = rest * load<f64>(row);
    store<f64>(x + 8 * i, next);
  }
}

/** Scales x to length 1; its largest element comes first, for squares to be in range. */
function normalise(n: i32, x: usize): void {
  let most: f64 = 0;
  for (let i = 0; i < n; i++) most = max(most, Math.abs(load<f64>(x + 8 * i)));
  const inverse = 1 / most;
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const scaled = inverse * load<f64>(x + 8 * i);
    store<f64>(x + 8 * i, scaled);
    sum += scaled * scaled;
  }
  const length = 1 / Math.sqrt(sum);
  for (let i = 0; i < n; i++) store<f64>(x + 8 * i, length * load<f64>(x + 8 * i));
}

function residue(n: i32, diagonal: usize, off: usize, value: f64, x: usize): f64 {
  let most: f64 = 0;
  let before: f64 = 0;
  let here = load<f64>(x);
  for (let i = 0; i < n; i++) {
    const next: f64 = i + 1 < n ? load<f64>(x + 8 * (i + 1)) : 0;
    const below: f64 = i + 1 < n ? load<f64>(off + 8 * (i + 1)) : 0;
    const rest =
      load<f64>(off + 8 * i) * before + (load<f64>(diagonal + 8 * i) - value) * here + below * next;
    most = max(most, Math.abs(rest));
    before = here;
    here = next;
  }
  return most;
}
