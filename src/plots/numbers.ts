/** part / whole, and 0 of nothing. */
export const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0);

/** Sum of a value over items. */
export function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Mean of numbers; null of none. */
export function mean(values: readonly number[]): number | null {
  return values.length ? sum(values, (value) => value) / values.length : null;
}

/** Mean of numbers of which none may be unknown; else null. */
export function meanOfAll(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? mean(known) : null;
}

/** Half the width of the 95 % interval of a share measured on n examples (normal approximation); 0 of none. */
export function halfInterval(share: number, n: number): number {
  return n > 0 ? 1.96 * Math.sqrt((share * (1 - share)) / n) : 0;
}

/** The cells of a symmetric matrix, row-major n × n, above its diagonal. */
export function pairsOf(matrix: readonly number[]): { value: number; i: number; j: number }[] {
  const n = Math.sqrt(matrix.length);
  return matrix
    .map((value, k) => ({ value, i: Math.floor(k / n), j: k % n }))
    .filter(({ i, j }) => i < j);
}
