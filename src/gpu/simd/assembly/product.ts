/**
 * Products of float32 matrices in blocks (Goto & van de Geijn 2008, "Anatomy of High-Performance Matrix Multiplication"):
 * lines of both factors are packed side by side, and a tile of 4 × 8 sums stays in registers. Each sum takes its terms in
 * order within blocks of `depthBlock`, whose sums are added in order: the same bits on every machine.
 */

const tileRows: i32 = 4;
const tileColumns: i32 = 8;
const rowBlock: i32 = 128;
const columnBlock: i32 = 1024;
const depthBlock: i32 = 256;

const packedA: usize = 4 * tileRows * tileColumns;
const packedB: usize = packedA + 4 * rowBlock * depthBlock;

/** Bytes that `product` needs to work in. */
export const scratchBytes: usize = packedB + 4 * columnBlock * depthBlock;

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
  if (k === 0 && !accumulate) for (let i = 0; i < m; i++) memory.fill(c + i * rowOfC, 0, 4 * n);
  for (let j = 0; j < n; j += columnBlock) {
    const columns = min(columnBlock, n - j);
    for (let p = 0; p < k; p += depthBlock) {
      const depth = min(depthBlock, k - p);
      const add = accumulate || p > 0;
      pack(
        scratch + packedB,
        tileColumns,
        b + j * columnOfB + p * rowOfB,
        columns,
        columnOfB,
        depth,
        rowOfB,
      );
      for (let i = 0; i < m; i += rowBlock) {
        const rows = min(rowBlock, m - i);
        pack(
          scratch + packedA,
          tileRows,
          a + i * rowOfA + p * columnOfA,
          rows,
          rowOfA,
          depth,
          columnOfA,
        );
        multiplyPacked(rows, columns, depth, c + i * rowOfC + j * 4, rowOfC, add, scratch);
      }
    }
  }
}

/** Lays lines side by side, `width` (a multiple of 4) at a time, with zeros for those that are missing. */
function pack(
  to: usize,
  width: i32,
  from: usize,
  lines: i32,
  line: usize,
  depth: i32,
  along: usize,
): void {
  for (let i = 0; i < lines; i += width) {
    for (let j = 0; j < width; j += 4)
      packFour(to + 4 * j, 4 * width, from + (i + j) * line, lines - i - j, line, depth, along);
    to += 4 * width * depth;
  }
}

function packFour(
  to: usize,
  step: usize,
  from: usize,
  lines: i32,
  line: usize,
  depth: i32,
  along: usize,
): void {
  const end = to + step * depth;
  if (lines >= 4 && line === 4) {
    for (; to < end; to += step, from += along) v128.store(to, v128.load(from));
    return;
  }
  if (lines >= 4 && along === 4) {
    for (; to + 3 * step < end; to += 4 * step, from += 16) {
      const w = v128.load(from);
      const x = v128.load(from + line);
      const y = v128.load(from + 2 * line);
      const z = v128.load(from + 3 * line);
      const wxLow = v128.shuffle<f32>(w, x, 0, 4, 1, 5);
      const wxHigh = v128.shuffle<f32>(w, x, 2, 6, 3, 7);
      const yzLow = v128.shuffle<f32>(y, z, 0, 4, 1, 5);
      const yzHigh = v128.shuffle<f32>(y, z, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(wxLow, yzLow, 0, 1, 4, 5));
      v128.store(to + step, v128.shuffle<f32>(wxLow, yzLow, 2, 3, 6, 7));
      v128.store(to + 2 * step, v128.shuffle<f32>(wxHigh, yzHigh, 0, 1, 4, 5));
      v128.store(to + 3 * step, v128.shuffle<f32>(wxHigh, yzHigh, 2, 3, 6, 7));
    }
  }
  for (; to < end; to += step, from += along)
    for (let i = 0; i < 4; i++) store<f32>(to + 4 * i, i < lines ? load<f32>(from + i * line) : 0);
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
  for (let j = 0; j < n; j += tileColumns) {
    const b = scratch + packedB + 4 * j * k;
    for (let i = 0; i < m; i += tileRows) {
      const a = scratch + packedA + 4 * i * k;
      const to = c + i * rowOfC + 4 * j;
      if (i + tileRows <= m && j + tileColumns <= n) multiplyTile(k, a, b, to, rowOfC, add);
      else {
        multiplyTile(k, a, b, scratch, 4 * tileColumns, false);
        copyTile(min(tileRows, m - i), min(tileColumns, n - j), scratch, to, rowOfC, add);
      }
    }
  }
}

function copyTile(m: i32, n: i32, tile: usize, c: usize, rowOfC: usize, add: bool): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const at = c + i * rowOfC + 4 * j;
      const sum = load<f32>(tile + 4 * (i * tileColumns + j));
      store<f32>(at, add ? load<f32>(at) + sum : sum);
    }
}

/** C (+)= A·B of one tile. Four rows of two vectors and no unrolling: more spill registers in V8 (−30 % speed). */
function multiplyTile(k: i32, a: usize, b: usize, c: usize, rowOfC: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (const end = b + 4 * tileColumns * k; b < end; b += 4 * tileColumns, a += 4 * tileRows) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let ai = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(ai, b0));
    c01 = f32x4.add(c01, f32x4.mul(ai, b1));
    ai = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(ai, b0));
    c11 = f32x4.add(c11, f32x4.mul(ai, b1));
    ai = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(ai, b0));
    c21 = f32x4.add(c21, f32x4.mul(ai, b1));
    ai = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(ai, b0));
    c31 = f32x4.add(c31, f32x4.mul(ai, b1));
  }
  storeRow(c, c00, c01, add);
  storeRow(c + rowOfC, c10, c11, add);
  storeRow(c + 2 * rowOfC, c20, c21, add);
  storeRow(c + 3 * rowOfC, c30, c31, add);
}

function storeRow(to: usize, low: v128, high: v128, add: bool): void {
  v128.store(to, add ? f32x4.add(v128.load(to), low) : low);
  v128.store(to, add ? f32x4.add(v128.load(to, 16), high) : high, 16);
}
