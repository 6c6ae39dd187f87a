import { faultsOf, type Fail } from '../errors.ts';
import { dtypeBits, isDType, type DType } from '../tensor/dtype.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { JsonValue } from './checkpoint.ts';
import type { Format, WeightHeader } from './format.ts';
import { readSlice } from './readSlice.ts';
import type { SourceFile } from './source.ts';
import { parseStrictJson } from './strictJson.ts';

/** The library's own cap on the length of a header. */
export const maxHeaderBytes = 100_000_000;

const lengthBytes = 8;
const remedy = 'Download the file again, or save it again with the safetensors library.';
const openingBrace = 0x7b;

export const safetensors: Format = {
  matches: (head) =>
    head[lengthBytes] === openingBrace && head.subarray(4, lengthBytes).every((byte) => byte === 0),
  endings: ['.safetensors'],
  open: readSafetensorsHeader,
};

/** Reads tensors and metadata from the header alone; `file` is the number the tensors will carry. Throws BadFile. */
export async function readSafetensorsHeader(
  source: SourceFile,
  file: number,
): Promise<WeightHeader> {
  const { path, blob } = source;
  const fail = faultsOf(path, remedy);
  const dataStart = headerEnd(await readSlice(source, 0, lengthBytes), blob.size, fail);
  const header = await readSlice(source, lengthBytes, dataStart);
  if (header[0] !== openingBrace) {
    const met =
      header[0] === undefined ? 'nothing' : `0x${header[0].toString(16).padStart(2, '0')}`;
    throw fail(`has a header that begins with ${met} instead of {, at byte 8`);
  }
  const root = parseStrictJson(header.subarray(0, paddingStart(header, fail)), {
    what: `${path}: the header`,
    remedy,
    offset: lengthBytes,
    wholeNumbersOnly: true,
  });
  if (!(root instanceof Map)) throw fail('has a header that is not an object');
  const tensors: TensorInfo[] = [];
  for (const [name, entry] of root) {
    if (name !== '__metadata__') tensors.push(parseEntry(name, entry, dataStart, file, fail));
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  checkContiguous(tensors, dataStart, blob.size, fail);
  return { tensors, metadata: parseMetadata(root.get('__metadata__'), fail) };
}

/** Where the header ends and the tensors begin, from the first 8 bytes of a file of `fileBytes`. */
function headerEnd(first: Uint8Array, fileBytes: number, fail: Fail): number {
  if (first.length < lengthBytes) {
    throw fail(`is cut off: it has ${first.length} bytes, and its header's length alone takes 8`);
  }
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    throw fail(`states a header of ${length} bytes, over the cap of 100,000,000`);
  }
  const end = lengthBytes + Number(length);
  if (end > fileBytes) {
    throw fail(`is cut off: its header ends at byte ${end}, the file at byte ${fileBytes}`);
  }
  return end;
}

function paddingStart(header: Uint8Array, fail: Fail): number {
  let end = header.length;
  while (header[end - 1] === 0x20) end--;
  const last = header[end - 1];
  if (last === 0x09 || last === 0x0a || last === 0x0d || last === 0) {
    const at = lengthBytes + end - 1;
    throw fail(`pads its header with 0x0${last.toString(16)} instead of spaces, at byte ${at}`);
  }
  return end;
}

function parseMetadata(value: JsonValue | undefined, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!(value instanceof Map)) {
    throw fail(`has a __metadata__ that is ${describe(value)} instead of an object of strings`);
  }
  const entries: [string, string][] = [];
  for (const [key, text] of value) {
    if (typeof text !== 'string') {
      const met = describe(text);
      throw fail(`has __metadata__ ${JSON.stringify(key)} that is ${met} instead of a string`);
    }
    entries.push([key, text]);
  }
  return Object.fromEntries(entries);
}

function parseEntry(
  name: string,
  entry: JsonValue,
  dataStart: number,
  file: number,
  failAll: Fail,
): TensorInfo {
  const fail: Fail = (fault) => failAll(`has a tensor ${JSON.stringify(name)} ${fault}`);
  if (!(entry instanceof Map)) throw fail(`described by ${describe(entry)} instead of an object`);
  const dtype = entry.get('dtype');
  if (typeof dtype !== 'string')
    throw fail(`whose dtype is ${describe(dtype)} instead of a string`);
  if (!isDType(dtype)) throw fail(`of the unknown dtype ${JSON.stringify(dtype)}`);
  const shape = wholeNumbers(entry.get('shape'));
  if (!shape) throw fail(`whose shape is ${describe(entry.get('shape'))} instead of whole numbers`);
  const offsets = wholeNumbers(entry.get('data_offsets'));
  const [start, end, more] = offsets ?? [];
  if (start === undefined || end === undefined || more !== undefined) {
    const met = offsets ? `[${offsets.join(', ')}]` : describe(entry.get('data_offsets'));
    throw fail(`whose data_offsets are ${met} instead of two whole numbers`);
  }
  if (end < start) throw fail(`whose data_offsets [${start}, ${end}] run backwards`);
  const bytes = byteLength(dtype, shape);
  if (typeof bytes === 'string') throw fail(bytes);
  if (end - start !== bytes) {
    throw fail(
      `of ${dtype} [${shape.join(', ')}], which takes ${bytes} bytes, at [${start}, ${end}], which holds ${end - start}`,
    );
  }
  return { name, dtype, shape, file, start: dataStart + start, end: dataStart + end };
}

/** Bytes of a tensor, or what is wrong with its size. */
function byteLength(dtype: DType, shape: readonly number[]): number | string {
  const met = `of ${dtype} [${shape.join(', ')}]`;
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    if (elements > Number.MAX_SAFE_INTEGER) return `${met}, whose size is over 2^53 elements`;
  }
  const bits = elements * dtypeBits[dtype];
  if (bits > Number.MAX_SAFE_INTEGER) return `${met}, whose size is over 2^53 bits`;
  if (bits % 8 !== 0) return `${met}, which does not end at a whole byte (${bits} bits)`;
  return bits / 8;
}

function checkContiguous(
  tensors: readonly TensorInfo[],
  dataStart: number,
  fileBytes: number,
  fail: Fail,
): void {
  let reached = dataStart;
  for (const { name, start, end } of tensors) {
    const where = `tensor ${JSON.stringify(name)} begins at byte ${start}`;
    if (start > reached) throw fail(`has a hole: ${where}, the bytes before it end at ${reached}`);
    if (start < reached)
      throw fail(`has overlapping tensors: ${where}, the one before it ends at ${reached}`);
    reached = end;
  }
  if (reached > fileBytes) {
    throw fail(`is cut off: its tensors end at byte ${reached}, the file at byte ${fileBytes}`);
  }
  if (reached < fileBytes) {
    throw fail(
      `has ${fileBytes - reached} bytes after its last tensor, which ends at byte ${reached}`,
    );
  }
}

function wholeNumbers(value: JsonValue | undefined): number[] | null {
  if (!Array.isArray(value)) return null;
  const numbers = value.filter((item) => typeof item === 'number');
  return numbers.length === value.length ? numbers : null;
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value instanceof Map) return 'an object';
  if (Array.isArray(value)) {
    const odd = value.find((item) => typeof item !== 'number');
    return `a list of ${value.length}${odd === undefined ? '' : ` that holds ${Array.isArray(odd) ? 'a list' : describe(odd)}`}`;
  }
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
}
