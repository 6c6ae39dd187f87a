import { openWeights } from '../formats/recognize.ts';

/** Bytes of text, of character codes below 256, or of numbers, one after the other. */
export function bytesFrom(...parts: (string | number | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.flatMap((part) => {
    if (typeof part === 'number') return [part];
    return typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : [...part];
  });
  return Uint8Array.from(bytes);
}

/** A number of so many bytes, little-endian. */
export function little(value: number | bigint, count: number): Uint8Array {
  let rest = BigInt.asUintN(8 * count, BigInt(value));
  return Uint8Array.from({ length: count }, () => {
    const byte = Number(rest & 255n);
    rest >>= 8n;
    return byte;
  });
}

const text = (value: string) => bytesFrom('X', little(value.length, 4), value);
const int = (value: number) => bytesFrom('J', little(value, 4));
const tuple = (values: readonly number[]) => bytesFrom('(', ...values.map(int), 't');

export interface TensorToPickle {
  storage?: string;
  key?: string;
  count?: number;
  offset?: number;
  shape?: readonly number[];
  strides?: readonly number[];
}

/** The opcodes that make a tensor. */
export function pickledTensor({
  storage = 'FloatStorage',
  key = '0',
  count = 4,
  offset = 0,
  shape = [4],
  strides = [1],
}: TensorToPickle = {}): Uint8Array {
  const persistent = ['(', text('storage'), `ctorch\n${storage}\n`, text(key), text('cpu')];
  return bytesFrom(
    ...['ctorch._utils\n_rebuild_tensor_v2\n', '('],
    ...[...persistent, int(count), 'tQ'],
    ...[int(offset), tuple(shape), tuple(strides)],
    ...[0x89, 'ccollections\nOrderedDict\n)R', 'tR'],
  );
}

/** A pickle of a dict of what opcodes make. */
export function pickledDict(entries: readonly (readonly [string, string | Uint8Array])[]) {
  const items = entries.flatMap(([key, value]) => [text(key), value]);
  return bytesFrom(0x80, 2, '}(', ...items, 'u.');
}

export interface ZipFile {
  name: string;
  bytes: Uint8Array;
  /** What the directory states, where it is not the truth. */
  method?: number;
  statedBytes?: number;
  headerAt?: number;
}

/** A zip of stored files, its directory written as zip64 when asked for. */
export function zipBytes(
  files: readonly ZipFile[],
  { zip64 = false } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    at += part.length;
  };
  for (const { name, bytes, method = 0, statedBytes = bytes.length, headerAt = at } of files) {
    const stated = (value: number) => little(zip64 ? 0xffffffff : value, 4);
    const wide = zip64
      ? [statedBytes, bytes.length, headerAt].map((value) => little(value, 8))
      : [];
    const extra = zip64 ? bytesFrom(little(1, 2), little(24, 2), ...wide) : bytesFrom();
    central.push(
      bytesFrom(
        ...['PK\x01\x02', little(0, 6), little(method, 2), little(0, 8)],
        ...[stated(bytes.length), stated(statedBytes)],
        ...[little(name.length, 2), little(extra.length, 2), little(0, 10)],
        ...[stated(headerAt), name, extra],
      ),
    );
    add(bytesFrom('PK\x03\x04', little(0, 22), little(name.length, 2), little(0, 2), name));
    add(bytes);
  }
  const directoryAt = at;
  central.forEach(add);
  const size = at - directoryAt;
  const endAt = at;
  if (zip64) {
    const counts = [little(files.length, 8), little(files.length, 8)];
    add(
      bytesFrom(
        ...['PK\x06\x06', little(44, 8), little(0, 12), ...counts],
        ...[little(size, 8), little(directoryAt, 8)],
      ),
    );
    add(bytesFrom('PK\x06\x07', little(0, 4), little(endAt, 8), little(1, 4)));
  }
  const told = (value: number) => little(zip64 ? 0xffffffff : value, 4);
  const counts = [little(files.length, 2), little(files.length, 2)];
  add(
    bytesFrom('PK\x05\x06', little(0, 4), ...counts, told(size), told(directoryAt), little(0, 2)),
  );
  return bytesFrom(...parts);
}

/** A file of torch.save with this pickle and storages, by key. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  options: { zip64?: boolean; more?: readonly ZipFile[] } = {},
): Uint8Array<ArrayBuffer> {
  const data = Object.entries(storages).map(([key, bytes]) => ({ name: `a/data/${key}`, bytes }));
  return zipBytes(
    [{ name: 'a/data.pkl', bytes: pickle }, ...data, ...(options.more ?? [])],
    options,
  );
}

/** Opens the bytes of a file m/x.bin: its kind of error and message, or "opened". */
export async function refusalOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return openWeights({ path: 'm/x.bin', blob: new Blob([bytes]) }, 0).then(
    () => 'opened',
    (error: Error & { kind?: string }) => `${error.kind}: ${error.message}`,
  );
}
