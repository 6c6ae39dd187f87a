/**
 * Adds F·M to one or two rows of `to` [rows × columns]; F [rows given × count] lies in `factors`, M are the rows [first,
 * first + count) of `from` [rows × columns], which may be `to`.
 */
export function addProduct(
  to: Float64Array,
  rows: readonly number[],
  factors: Float64Array,
  from: Float64Array,
  [first, count]: readonly [number, number],
  columns: number,
): void {
  const [a = 0, b = a] = rows;
  const two = a !== b;
  const x = a * columns;
  const y = b * columns;
  let k = 0;
  // Four rows of M at a time, so that a value of `to` is fetched and put back once for four terms.
  for (; two && k + 4 <= count; k += 4)
    addFour(to, x, y, factors, k, count + k, from, (first + k) * columns, columns);
  for (; k < count; k++) {
    const at = (first + k) * columns;
    const f = factors[k]!;
    for (let c = 0; c < columns; c++) to[x + c]! += f * from[at + c]!;
    if (!two) continue;
    const g = factors[count + k]!;
    for (let c = 0; c < columns; c++) to[y + c]! += g * from[at + c]!;
  }
}

function addFour(
  to: Float64Array,
  x: number,
  y: number,
  factors: Float64Array,
  own: number,
  other: number,
  from: Float64Array,
  at: number,
  columns: number,
): void {
  const [q, r, s] = [at + columns, at + 2 * columns, at + 3 * columns];
  const f0 = factors[own]!;
  const f1 = factors[own + 1]!;
  const f2 = factors[own + 2]!;
  const f3 = factors[own + 3]!;
  const g0 = factors[other]!;
  const g1 = factors[other + 1]!;
  const g2 = factors[other + 2]!;
  const g3 = factors[other + 3]!;
  for (let c = 0; c < columns; c++) {
    const m0 = from[at + c]!;
    const m1 = from[q + c]!;
    const m2 = from[r + c]!;
    const m3 = from[s + c]!;
    to[x + c]! += f0 * m0 + f1 * m1 + f2 * m2 + f3 * m3;
    to[y + c]! += g0 * m0 + g1 * m1 + g2 * m2 + g3 * m3;
  }
}
