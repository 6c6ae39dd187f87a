/**
 * Products of float64 matrices, as `product.ts` makes those of float32: in blocks (Goto & van de Geijn 2008), a tile of 4 × 4
 * sums in registers. The same bits on every machine.
 */

const tile: i32 = 4;
const rowBlock: i32 = 128;
const columnBlock: i32 = 512;
const depthBlock: i32 = 256;

const packedA: usize = 8 * tile * tile;
const packedB: usize = packedA + 8 * rowBlock * depthBlock;

/** Bytes that `product` needs to work in. */
export const scratchBytes: usize = packedB + 8 * columnBlock * depthBlock;

/**
 * C = A·B, or C + A·B with `accumulate`; A [m, k], B [k, n], C [m, n] with contiguous rows. Strides are bytes from a row, or
 * a column, to the next, so that either factor may be a transposed one; `scratch` overlaps nothing.
 */
export function product(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  rowOfA: usize,
  columnOfA: usize,
  b: usize,
  rowOfB: usize,
  columnOfB: usize,
  c: usize,
  rowOfC: usize,
  accumulate: bool,
  scratch: usize,
): void {
  if (k === 0 && !accumulate) for (let i = 0; i < m; i++) memory.fill(c + i * rowOfC, 0, 8 * n);
  for (let j = 0; j < n; j += columnBlock) {
    const columns = min(columnBlock, n - j);
    for (let p = 0; p < k; p += depthBlock) {
      const depth = min(depthBlock, k - p);
      const add = accumulate || p > 0;
      pack(scratch + packedB, b + j * columnOfB + p * rowOfB, columns, columnOfB, depth, rowOfB);
      for (let i = 0; i < m; i += rowBlock) {
        const rows = min(rowBlock, m - i);
        pack(scratch + packedA, a + i * rowOfA + p * columnOfA, rows, rowOfA, depth, columnOfA);
        multiplyPacked(rows, columns, depth, c + i * rowOfC + j * 8, rowOfC, add, scratch);
      }
    }
  }
}

/** Lays lines side by side, four at a time, with zeros for those that are missing. */
function pack(to: usize, from: usize, lines: i32, line: usize, depth: i32, along: usize): void {
  for (let i = 0; i < lines; i += tile, from += tile * line, to += 8 * tile * depth) {
    if (lines - i < tile) packSome(to, from, lines - i, line, depth, along);
    else if (line === 8) packColumns(to, from, depth, along);
    else if (along === 8) packRows(to, from, line, depth);
    else packSome(to, from, tile, line, depth, along);
  }
}

function packSome(to: usize, from: usize, lines: i32, line: usize, depth: i32, along: usize): void {
  for (const end = to + 8 * tile * depth; to < end; to += 8 * tile, from += along)
    for (let i = 0; i < tile; i++)
      store<f64>(to + 8 * i, i < lines ? load<f64>(from + i * line) : 0);
}

/** Four lines of which elements lie side by side. */
function packColumns(to: usize, from: usize, depth: i32, along: usize): void {
  for (const end = to + 8 * tile * depth; to < end; to += 8 * tile, from += along) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  }
}

/** Four lines that are contiguous. */
function packRows(to: usize, from: usize, line: usize, depth: i32): void {
  const even = depth & ~1;
  for (const end = to + 8 * tile * even; to < end; to += 16 * tile, from += 16) {
    const w = v128.load(from);
    const x = v128.load(from + line);
    const y = v128.load(from + 2 * line);
    const z = v128.load(from + 3 * line);
    v128.store(to, v128.shuffle<f64>(w, x, 0, 2));
    v128.store(to, v128.shuffle<f64>(y, z, 0, 2), 16);
    v128.store(to, v128.shuffle<f64>(w, x, 1, 3), 32);
    v128.store(to, v128.shuffle<f64>(y, z, 1, 3), 48);
  }
  if (even < depth) packSome(to, from, tile, line, 1, 8);
}

/** C (+)= A·B of packed blocks, tile by tile. */
function multiplyPacked(
  m: i32,
  n: i32,
  k: i32,
  c: usize,
  rowOfC: usize,
  add: bool,
  scratch: usize,
): void {
  for (let j = 0; j < n; j += tile) {
    const b = scratch + packedB + 8 * j * k;
    for (let i = 0; i < m; i += tile) {
      const a = scratch + packedA + 8 * i * k;
      const to = c + i * rowOfC + 8 * j;
      if (i + tile <= m && j + tile <= n) multiplyTile(k, a, b, to, rowOfC, add);
      else {
        multiplyTile(k, a, b, scratch, 8 * tile, false);
        copyTile(min(tile, m - i), min(tile, n - j), scratch, to, rowOfC, add);
      }
    }
  }
}

function copyTile(m: i32, n: i32, from: usize, c: usize, rowOfC: usize, add: bool): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const at = c + i * rowOfC + 8 * j;
      const sum = load<f64>(from + 8 * (i * tile + j));
      store<f64>(at, add ? load<f64>(at) + sum : sum);
    }
}

/** C (+)= A·B of one tile. */
function multiplyTile(k: i32, a: usize, b: usize, c: usize, rowOfC: usize, add: bool): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (const end = b + 8 * tile * k; b < end; b += 8 * tile, a += 8 * tile) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let ai = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(ai, b0));
    c01 = f64x2.add(c01, f64x2.mul(ai, b1));
    ai = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(ai, b0));
    c11 = f64x2.add(c11, f64x2.mul(ai, b1));
    ai = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(ai, b0));
    c21 = f64x2.add(c21, f64x2.mul(ai, b1));
    ai = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(ai, b0));
    c31 = f64x2.add(c31, f64x2.mul(ai, b1));
  }
  storeRow(c, c00, c01, add);
  storeRow(c + rowOfC, c10, c11, add);
  storeRow(c + 2 * rowOfC, c20, c21, add);
  storeRow(c + 3 * rowOfC, c30, c31, add);
}

function storeRow(to: usize, low: v128, high: v128, add: bool): void {
  v128.store(to, add ? f64x2.add(v128.load(to), low) : low);
  v128.store(to, add ? f64x2.add(v128.load(to, 16), high) : high, 16);
}
