import { faultsOf, type Fail } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';
import type { SourceFile } from '../formats/source.ts';

/** Numbers of an array: where they lie in the file, and of which of `numberTypes`. */
export interface MatNumbers {
  kind: 'numbers';
  /** Column-major. */
  shape: number[];
  type: number;
  start: number;
  end: number;
  /** The first number. */
  first?: number;
}

export type MatValue =
  | MatNumbers
  | { kind: 'text'; text: string }
  | { kind: 'cells'; items: MatValue[] }
  /** Elements of an array of structs, by field. */
  | { kind: 'structs'; fields: string[]; items: Record<string, MatValue>[] }
  | { kind: 'other' };

/** A variable of a MATLAB file. */
export interface MatVariable {
  name: string;
  value: MatValue;
}

/** A MATLAB file of version 5 to 7, opened. */
export interface MatFile {
  variables: MatVariable[];
  /** The numbers `from` … `to` of an array, counted as they lie. */
  numbers(of: MatNumbers, from?: number, to?: number): Promise<number[]>;
  bytes(of: MatNumbers, from: number, to: number): Promise<Uint8Array>;
}

/** One element of the file: a variable, its tag at `at`. */
interface Element {
  type: number;
  at: number;
  start: number;
  end: number;
}

const typeMatrix = 14;
export const typeCompressed = 15;

type Read = (view: DataView, at: number, little: boolean) => number;

/** Bytes of a number and how it is read, by its type in the file. */
const numberTypes: ReadonlyMap<number, readonly [bytes: number, read: Read]> = new Map([
  [1, [1, (view, at) => view.getInt8(at)]],
  [2, [1, (view, at) => view.getUint8(at)]],
  [3, [2, (view, at, little) => view.getInt16(at, little)]],
  [4, [2, (view, at, little) => view.getUint16(at, little)]],
  [5, [4, (view, at, little) => view.getInt32(at, little)]],
  [6, [4, (view, at, little) => view.getUint32(at, little)]],
  [7, [4, (view, at, little) => view.getFloat32(at, little)]],
  [9, [8, (view, at, little) => view.getFloat64(at, little)]],
  [12, [8, (view, at, little) => Number(view.getBigInt64(at, little))]],
  [13, [8, (view, at, little) => Number(view.getBigUint64(at, little))]],
] as const);

const textTypes: Readonly<Record<number, string>> = { 1: 'utf-8', 2: 'utf-8', 16: 'utf-8' };

/** Bytes of a variable that is no plain array: they are read at once. */
const mostBytes = 64 * 1024 ** 2;
const mostDepth = 16;
/** Matrices inside a variable. */
const mostItems = 1e6;

const faults = (path: string) =>
  faultsOf(path, 'Download it again, or save it anew with scipy.io.savemat.');

/** The elements of a file, one for each variable; throws BadFile where it is of another version, or cut off. */
export async function* readElements(file: SourceFile): AsyncGenerator<Element> {
  const fail = faults(file.path);
  const little = await byteOrder(file, fail);
  for (let at = 128; at < file.blob.size;) {
    if (at + 8 > file.blob.size) throw fail(`ends in the middle of a variable, at byte ${at}`);
    const tag = viewOf(await readSlice(file, at, at + 8));
    const type = tag.getUint32(0, little);
    const [start, bytes] = [at + 8, tag.getUint32(4, little)];
    if (type !== typeMatrix && type !== typeCompressed)
      throw fail(`has an element of the type ${type} at byte ${at}, where a variable must be`);
    if (start + bytes > file.blob.size)
      throw fail(`ends in the middle of a variable, which begins at byte ${at}`);
    yield { type, at, start, end: start + bytes };
    at = start + bytes;
  }
}

/** Whether numbers are little-endian; throws BadFile for what is no MATLAB file of version 5 to 7. */
async function byteOrder(file: SourceFile, fail: Fail): Promise<boolean> {
  if (file.blob.size < 128) throw fail(`has ${file.blob.size} bytes, too few for a MATLAB file`);
  const head = await readSlice(file, 0, 128);
  const words = new TextDecoder('latin1').decode(head);
  if (/^MATLAB 7\.3|^\x89HDF/.test(words))
    throw faultsOf(
      file.path,
      'In Python: scipy.io.savemat("new.mat", mat73.loadmat("old.mat"), do_compression=True), with pip install mat73 scipy.',
    )('is a MATLAB file of version 7.3 (HDF5), and versions 5 to 7 are read');
  const order = words.slice(126);
  if (order !== 'IM' && order !== 'MI') throw fail('is no MATLAB file of version 5 to 7');
  return order === 'IM';
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Opens a file whose variables are not packed; numbers of its plain arrays stay in the file. Throws BadFile. */
export async function openMat(file: SourceFile): Promise<MatFile> {
  const fail = faults(file.path);
  const little = await byteOrder(file, fail);
  const variables: MatVariable[] = [];
  for await (const { type, start, end } of readElements(file)) {
    if (type === typeCompressed) throw fail('is packed');
    variables.push(await readVariable(file, { start, end }, little, fail));
  }
  const bytes = async ({ type, start, end }: MatNumbers, from: number, to: number) => {
    const [width] = numberTypes.get(type)!;
    return readSlice(file, start + from * width, Math.min(end, start + to * width));
  };
  const numbers = async (of: MatNumbers, from = 0, to = Infinity) => {
    const [width, read] = numberTypes.get(of.type)!;
    const count = (of.end - of.start) / width;
    const view = viewOf(await bytes(of, from, Math.min(to, count)));
    return Array.from({ length: view.byteLength / width }, (_, i) => read(view, i * width, little));
  };
  return { variables, numbers, bytes };
}

type Range = Pick<Element, 'start' | 'end'>;

async function readVariable(
  file: SourceFile,
  { start, end }: Range,
  little: boolean,
  fail: Fail,
): Promise<MatVariable> {
  const all = end - start <= mostBytes;
  const bytes = await readSlice(file, start, all ? end : Math.min(end, start + 65536));
  return new Matrices(viewOf(bytes), start, end, little, fail).variable();
}

/** Parses what lies between `offset` and `end` of a file, of which the view has all, or the beginning. */
class Matrices {
  #items = 0;

  constructor(
    readonly view: DataView,
    readonly offset: number,
    readonly end: number,
    readonly little: boolean,
    readonly fail: Fail,
  ) {}

  variable(): MatVariable {
    return this.#matrix(0, this.end - this.offset, 0);
  }

  /** The tag at a place: short elements have their data in it. */
  #tag(at: number, end: number) {
    if (at + 8 > end || at + 8 > this.view.byteLength) throw this.#cut(at);
    const word = this.view.getUint32(at, this.little);
    const short = word >>> 16;
    const bytes = short || this.view.getUint32(at + 4, this.little);
    const [type, start] = short ? [word & 0xffff, at + 4] : [word, at + 8];
    if (start + bytes > end || (short && short > 4)) throw this.#cut(at);
    const next = short ? at + 8 : start + Math.ceil(bytes / 8) * 8;
    return { type, start, end: start + bytes, next };
  }

  #cut(at: number) {
    return this.fail(`is damaged at byte ${this.offset + at}`);
  }

  #bytes({ start, end }: Range): Uint8Array {
    if (end > this.view.byteLength)
      throw this.fail(`has more than ${mostBytes} bytes in one variable that is no plain array`);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + start, end - start);
  }

  #numbers(range: { type: number } & Range): number[] {
    const [width, read] = numberTypes.get(range.type) ?? [];
    if (!width || !read) throw this.#cut(range.start);
    const view = viewOf(this.#bytes(range));
    return Array.from({ length: view.byteLength / width }, (_, i) =>
      read(view, i * width, this.little),
    );
  }

  #matrix(start: number, end: number, depth: number): MatVariable {
    if (depth > mostDepth) throw this.fail(`nests more than ${mostDepth} cells or structs`);
    if (start === end) return { name: '', value: { kind: 'other' } };
    const flags = this.#tag(start, end);
    const [word = 0] = this.#numbers(flags);
    const sizes = this.#tag(flags.next, end);
    const shape = this.#numbers(sizes);
    const named = this.#tag(sizes.next, end);
    const name = new TextDecoder('latin1').decode(this.#bytes(named));
    const count = shape.reduce((product, size) => product * size, 1);
    if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) throw this.#cut(start);
    const body = { at: named.next, end, count, depth };
    return { name, value: this.#value(word & 0xff, (word & 0x800) !== 0, shape, body) };
  }

  #value(
    kind: number,
    isComplex: boolean,
    shape: number[],
    { at, end, count, depth }: { at: number; end: number; count: number; depth: number },
  ): MatValue {
    if (kind === 1) return { kind: 'cells', items: this.#list(at, end, count, depth) };
    if (kind === 2) return this.#structs(at, end, count, depth);
    if (kind === 4)
      return { kind: 'text', text: count === 0 ? '' : this.#text(this.#tag(at, end)) };
    if (kind < 6 || kind > 15 || isComplex) return { kind: 'other' };
    if (count === 0)
      return { kind: 'numbers', shape, type: 2, start: this.offset, end: this.offset };
    const { type, ...range } = this.#tag(at, end);
    const width = numberTypes.get(type)?.[0];
    if (!width || range.end - range.start !== count * width) throw this.#cut(at);
    const [first] = this.#numbers({ type, start: range.start, end: range.start + width });
    const place = { start: this.offset + range.start, end: this.offset + range.end };
    return { kind: 'numbers', shape, type, ...place, ...(first !== undefined && { first }) };
  }

  #text(range: { type: number } & Range): string {
    if (range.type === 4 || range.type === 17)
      return new TextDecoder(this.little ? 'utf-16le' : 'utf-16be').decode(this.#bytes(range));
    const coding = textTypes[range.type];
    if (coding === undefined) throw this.#cut(range.start);
    return new TextDecoder(coding).decode(this.#bytes(range));
  }

  /** So many matrices, one after the other. */
  #list(at: number, end: number, count: number, depth: number): MatValue[] {
    if (count * 8 > end - at) throw this.#cut(at);
    this.#items += count;
    if (this.#items > mostItems)
      throw this.fail(`has more than ${mostItems} cells or fields in one variable`);
    const items: MatValue[] = [];
    for (let i = 0; i < count; i++) {
      const tag = this.#tag(at, end);
      if (tag.type !== typeMatrix) throw this.#cut(at);
      items.push(this.#matrix(tag.start, tag.end, depth + 1).value);
      at = tag.next;
    }
    return items;
  }

  #structs(at: number, end: number, count: number, depth: number): MatValue {
    const lengthTag = this.#tag(at, end);
    const [length = 0] = this.#numbers(lengthTag);
    const names = this.#tag(lengthTag.next, end);
    const bytes = this.#bytes(names);
    if (length <= 0 || bytes.length % length !== 0) throw this.#cut(at);
    const fields = Array.from({ length: bytes.length / length }, (_, i) =>
      new TextDecoder('latin1')
        .decode(bytes.subarray(i * length, (i + 1) * length))
        .replace(/\0.*$/s, ''),
    );
    const values = this.#list(names.next, end, count * fields.length, depth);
    const items = Array.from({ length: count }, (_, i) =>
      Object.fromEntries(fields.map((field, f) => [field, values[i * fields.length + f]!])),
    );
    return { kind: 'structs', fields, items };
  }
}
