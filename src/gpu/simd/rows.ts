import bytes from './assembly/rows.ts?wasm';

/** Elements of a row: few enough for a row of each model to stay in the cache. */
export const rowElements = 2048;

/** A row at an address of the memory that loops work in, as floats and as their bits. */
export interface Row {
  at: number;
  floats: Float32Array<ArrayBuffer>;
  words: Uint32Array<ArrayBuffer>;
}

/** What assembly/rows.ts exports; all are addresses but the numbers named so, and of words. */
interface RowLoops {
  decodeBf16(...rows: [into: number, from: number, words: number]): void;
  widenF16(...rows: [values: number, words: number]): void;
  encodeBf16(...rows: [codes: number, words: number]): void;
  encodeF16(...rows: [codes: number, words: number]): void;
  packCodes(...rows: [codes: number, others: number, differ: number, words: number]): void;
  fillDistances(...rows: [into: number, base: number, theta: number, words: number]): void;
  compareKeys(
    ...rows: [above: number, ties: number, keys: number, boundNumber: number, words: number]
  ): void;
  fillTerms(
    ...rows: [terms: number, theta: number, start: number, factorNumber: number, words: number]
  ): void;
  addTerms(
    ...rows: [
      ...[sums: number, theta: number, start: number],
      ...[factorNumber: number, held: number, words: number],
    ]
  ): void;
  addHeld(...rows: [sums: number, values: number, held: number, words: number]): void;
  keepSign(
    ...rows: [
      ...[kept: number, values: number, votes: number],
      ...[held: number, zeroIsPositiveNumber: number, words: number],
    ]
  ): void;
  divideUnless(...rows: [values: number, by: number, leastNumber: number, words: number]): void;
  divideOrEnd(...rows: [values: number, by: number, exists: number, words: number]): void;
  addMerged(
    ...rows: [
      ...[into: number, base: number, merged: number, lambdaNumber: number],
      ...[exists: number, differ: number, words: number],
    ]
  ): void;
  takeMerged(
    ...rows: [
      ...[into: number, base: number, merged: number],
      ...[exists: number, differ: number, words: number],
    ]
  ): void;
  takeSingle(
    ...rows: [
      ...[into: number, base: number, theta: number, held: number],
      ...[single: number, differ: number, words: number],
    ]
  ): void;
  countMasks(
    ...rows: [
      ...[counts: number, masks: number, rowsNumber: number, words: number],
      ...[elementsNumber: number, planes: number],
    ]
  ): void;
  dropDrawn(
    ...rows: [
      ...[masks: number, keyNumber: number, limitNumber: number],
      ...[firstNumber: number, highNumber: number, words: number],
    ]
  ): void;
  countBits(...rows: [from: number, words: number]): number;
  countOdd(from: number, wordsNumber: number, bitsNumber: number, halves: boolean): number;
}

const memory = new WebAssembly.Memory({ initial: 4 });
const module = new WebAssembly.Module(bytes);
const { exports } = new WebAssembly.Instance(module, { env: { memory } });

/** Loops over rows, in SIMD. */
export const rowLoops = exports as WebAssembly.Exports & RowLoops;

/** Bytes of a row of elements; 32 of bits take as many. */
export const rowBytes = 4 * rowElements;
const pageBytes = 65_536;

/** The module has no data of its own; 0 is no address. */
const firstRow = rowBytes;

/** Rows in the one memory of this thread, of what was there before, until others are opened. */
export function openRows(bytes: number): { row(): Row; bits(): Row; take(bytes: number): Row } {
  const needed = firstRow + bytes - memory.buffer.byteLength;
  if (needed > 0) memory.grow(Math.ceil(needed / pageBytes));
  const { buffer } = memory;
  let end = firstRow;
  const take = (bytes: number): Row => {
    const at = end;
    end += bytes;
    return {
      at,
      floats: new Float32Array(buffer, at, bytes / 4),
      words: new Uint32Array(buffer, at, bytes / 4),
    };
  };
  return { take, row: () => take(rowBytes), bits: () => take(rowBytes / 32) };
}
