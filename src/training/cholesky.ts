/**
 * The lower Cholesky factor of a symmetric matrix [n × n] in f64, in place in its lower triangle; false when a pivot is not
 * above `least` of the largest diagonal value, after which the matrix is spoilt.
 */
export function factorize(a: Float64Array, n: number, least = 1e-10): boolean {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]!);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i > j) a[i * n + j] = sum / a[j * n + j]!;
      else if (sum > least * largest) a[j * n + j] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L·Lᵀ·X = B in place, B [n × columns]. */
export function solve(l: Float64Array, n: number, b: Float64Array, columns: number): void {
  const row = (i: number) => b.subarray(i * columns, (i + 1) * columns);
  const reduce = (i: number, k: number, factor: number) => {
    const [to, from] = [row(i), row(k)];
    for (let c = 0; c < columns; c++) to[c]! -= factor * from[c]!;
  };
  const divide = (i: number) => {
    const to = row(i);
    for (let c = 0; c < columns; c++) to[c]! /= l[i * n + i]!;
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) reduce(i, k, l[i * n + k]!);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) reduce(i, k, l[k * n + i]!);
    divide(i);
  }
}
