import {
  CompressionType,
  setCompressionCodec,
  tableFromIPC,
  Type,
  type Batch,
  type DataType,
  type Field,
  type Table,
} from '@uwdata/flechette';
import { badFile, type Fail } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';
import type { SourceFile } from '../formats/source.ts';
import { isoTime } from './cellText.ts';
import { unpackLz4Frame } from './lz4Frame.ts';
import { checkRows, classNames, readAs, type GroupedTable } from './rowGroups.ts';
import { zstdSize } from './zstdSize.ts';

/** Largest record batch, in bytes: it is read at once. */
export const maxBatchBytes = 256 * 1024 ** 2;
/** Largest header of a message, in bytes; the schema's holds the names of classes. */
const maxHeadBytes = 16 * 1024 ** 2;
const [schemaKind, dictionaryKind, batchKind] = [1, 2, 3];

/** A message of a file: its bytes are [start, end). */
interface Message {
  kind: number;
  start: number;
  end: number;
  rows: number;
  packed: boolean;
}

/** Finds the record batches of an Arrow stream or file, all or those of the first `enough` rows; throws BadFile. */
export async function openArrow(source: SourceFile, enough = Infinity): Promise<GroupedTable> {
  const { path } = source;
  const fail: Fail = (fault) => badFile(`${path} ${fault}. Download it again, or save it anew.`);
  return readable(path, async () => {
    const batches: (Message & { dictionaries: readonly Message[] })[] = [];
    let dictionaries: readonly Message[] = [];
    let schema: Uint8Array<ArrayBuffer> | null = null;
    let rows = 0;
    for await (const message of messagesOf(source, fail)) {
      const { kind, start, end } = message;
      if (end - start > maxBatchBytes)
        throw fail(
          `has a record batch of ${end - start} bytes, more than the ${maxBatchBytes} that are read at once. Save it with batches of 1000 rows, or as Parquet`,
        );
      // A row takes a bit at least.
      if (message.rows > 8 * (message.packed ? maxBatchBytes : end - start))
        throw fail(`says that ${end - start} bytes hold ${message.rows} rows`);
      if (kind === schemaKind) schema ??= await readSlice(source, start, end);
      if (kind === dictionaryKind) dictionaries = [...dictionaries, message];
      if (kind !== batchKind) continue;
      batches.push({ ...message, dictionaries });
      if ((rows += message.rows) >= enough) break;
    }
    if (!schema) throw fail('has no schema');
    const groups = batches.map(({ rows, start, end }) => ({ rows, bytes: end - start }));
    checkRows(path, groups);
    const head = schema;
    const anyPacked = batches.some(({ packed, dictionaries }) =>
      [{ packed }, ...dictionaries].some((each) => each.packed),
    );
    const zstd = anyPacked ? (await import('hyparquet-compressors')).decompressZstd : null;
    let last: { group: number; table: Table } | null = null;
    const batch = async (group: number): Promise<Table> => {
      if (last?.group === group) return last.table;
      const { dictionaries = [], ...message } = batches[group] ?? {};
      const parts = [...dictionaries, ...('start' in message ? [message] : [])];
      const bytes = [];
      for (const { start, end } of parts) bytes.push(await readSlice(source, start, end));
      const stored = bytes.reduce((sum, { length }) => sum + length, 0);
      const unpacked = zstd ? setCodecs(zstd, fail) : () => 0;
      const table = tableFromIPC([head, ...bytes], { useBigInt: true, useDate: true });
      const size = stored + unpacked();
      for (const { data } of table.children) for (const each of data) checkPlaces(each, size);
      last = { group, table };
      return table;
    };
    const { fields, metadata } = tableFromIPC([head]).schema;
    return {
      columns: fields.map(({ name }) => name),
      classes: classNames(metadata?.get('huggingface')),
      notText: new Map(
        fields.flatMap(({ name, type }) => {
          const held = heldBy(type);
          return held === null ? [] : [[name, held] as const];
        }),
      ),
      groups,
      read: (group, columns, from, to) =>
        readable(path, async () => {
          const table = await batch(group);
          return columns.map((name) => {
            const field = fields.find((each) => each.name === name);
            const column = table.getChild(name);
            return Array.from({ length: to - from }, (_, at) =>
              plainTime(column.at(from + at), field),
            );
          });
        }),
    };
  });
}

/** Gives the library what unpacks the buffers of one batch, which are counted: too many bytes throw. */
function setCodecs(
  zstd: (bytes: Uint8Array, output: Uint8Array) => Uint8Array,
  fail: Fail,
): () => number {
  let sum = 0;
  const codec = (unpack: (bytes: Uint8Array, length: number) => Uint8Array) => ({
    decode(bytes: Uint8Array, length: number) {
      sum += length;
      if (!(length >= 0 && sum <= maxBatchBytes))
        throw fail(
          `has a record batch that unpacks to more than the ${maxBatchBytes} bytes that are read at once. Save it with batches of 1000 rows, or as Parquet`,
        );
      return unpack(bytes, length);
    },
    encode: (bytes: Uint8Array) => bytes,
  });
  setCompressionCodec(CompressionType.LZ4_FRAME, codec(unpackLz4Frame));
  setCompressionCodec(
    CompressionType.ZSTD,
    codec((bytes, length) => {
      const told = zstdSize(bytes);
      if (told === null || told === length) return zstd(bytes, new Uint8Array(length));
      throw new RangeError(`a buffer unpacks to ${told} bytes, not to ${length}`);
    }),
  );
  return () => sum;
}

const readable = <T>(path: string, read: () => Promise<T>) =>
  readAs('Arrow', path, 'Save it anew, or as Parquet.', read);

/** The messages of a stream, or of a file, which is a stream between its marks. */
async function* messagesOf(source: SourceFile, fail: Fail): AsyncGenerator<Message> {
  const { size } = source.blob;
  const mark = String.fromCharCode(...(await readSlice(source, 0, 6)));
  for (let at = mark === 'ARROW1' ? 8 : 0; at < size;) {
    let bytes = await readSlice(source, at, at + 4096);
    if (bytes.length < 8) throw fail('ends too early');
    const start = new DataView(bytes.buffer);
    // Before Arrow 0.15 a message began with its length.
    const marked = start.getInt32(0, true) === -1;
    const length = start.getInt32(marked ? 4 : 0, true);
    if (length === 0) return;
    if (length < 0 || length > maxHeadBytes) throw fail('is no Arrow file, or is damaged');
    const body = at + (marked ? 8 : 4) + length;
    if (body > size) throw fail('ends too early');
    if (body - at > bytes.length) bytes = await readSlice(source, at, body);
    const head = new DataView(bytes.buffer, marked ? 8 : 4, length);
    const { bytes: bodyBytes, ...message } = messageOf(head);
    const end = body + bodyBytes;
    if (!(bodyBytes >= 0 && end <= size))
      throw fail(`ends too early: ${bodyBytes} bytes should follow byte ${body}`);
    yield { ...message, start: at, end };
    at = end;
  }
}

/** What a message's header tells; see Message.fbs of Arrow. */
function messageOf(view: DataView) {
  const message = fieldsAt(view, view.getUint32(0, true));
  const [type, header, body] = [message(1), message(2), message(3)];
  const kind = type && view.getUint8(type);
  const tableAt = (place: number) => fieldsAt(view, place + view.getUint32(place, true));
  const dictionary = kind === dictionaryKind && tableAt(header)(1);
  const batch = kind === batchKind ? tableAt(header) : dictionary ? tableAt(dictionary) : null;
  const count = batch && kind === batchKind ? batch(0) : 0;
  return {
    kind,
    bytes: body && Number(view.getBigInt64(body, true)),
    rows: count && Number(view.getBigInt64(count, true)),
    packed: batch !== null && batch(3) !== 0,
  };
}

/** Where the fields of a flatbuffer's table lie; 0 for those it lacks. */
function fieldsAt(view: DataView, at: number) {
  const places = at - view.getInt32(at, true);
  const size = view.getUint16(places, true);
  return (field: number): number => {
    const slot = 4 + 2 * field;
    const offset = slot < size ? view.getUint16(places + slot, true) : 0;
    return offset && at + offset;
  };
}

/** Throws RangeError where values would lie beyond those of a batch, from messages of so many bytes. */
function checkPlaces({ length, offsets, values, children }: Batch<unknown>, bytes: number): void {
  if (length > 8 * bytes) throw new RangeError(`${bytes} bytes hold ${length} values`);
  for (const child of children ?? []) checkPlaces(child, bytes);
  if (!offsets) return;
  let last = 0;
  for (let at = 0; at <= length; at++) {
    const next = Number(offsets[at]);
    if (!(next >= last)) throw new RangeError(`value ${at} ends before it begins`);
    last = next;
  }
  const most = children?.[0]?.length ?? values.length;
  if (last > most) throw new RangeError(`${last} values are told of ${most}`);
}

/** What a column holds that is no text; null for text, numbers, and lists and structs of them. */
function heldBy(type: DataType): string | null {
  const bytes = childrenOf(type).find(({ name }) => name === 'bytes');
  if (bytes && isBytes(bytes.type)) return 'images';
  return hasBytes(type) ? 'bytes' : null;
}

const hasBytes = (type: DataType): boolean =>
  isBytes(type) || childrenOf(type).some((child) => hasBytes(child.type));

const byteTypes: readonly number[] = [
  Type.Binary,
  Type.LargeBinary,
  Type.BinaryView,
  Type.FixedSizeBinary,
];
const isBytes = ({ typeId }: DataType) => byteTypes.includes(typeId);

const childrenOf = (type: DataType): readonly Field[] => ('children' in type ? type.children : []);

/** A date or time as text; other values as they are. */
function plainTime(value: unknown, field: Field | undefined): unknown {
  if (!(value instanceof Date)) return value;
  const time = isoTime(value.getTime());
  return field?.type.typeId === Type.Date ? time.slice(0, 10) : time;
}
