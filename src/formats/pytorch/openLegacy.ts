import { AppError, faultsOf, unsupported } from '../../errors.ts';
import { dtypeBits } from '../../tensor/dtype.ts';
import { convertWithPython } from '../convertWithPython.ts';
import type { WeightHeader } from '../format.ts';
import { readSlice } from '../readSlice.ts';
import type { SourceFile } from '../source.ts';
import { PickleBytes, badPickle, pickleEnd, type PicklePlace } from './pickleBytes.ts';
import { pickleLimits } from './pickleMachine.ts';
import { makesArray } from './numpyArrays.ts';
import { describeValue, type PickleValue } from './pickleValues.ts';
import { readState, type StorageSpans } from './readState.ts';
import { refuseCommands } from './refuseNames.ts';
import { TorchHost } from './torchTensors.ts';
import { unpickle } from './unpickle.ts';

const magic = 0x1950a86a20f9469cfc6cn;
const firstReadBytes = 4 * 2 ** 20;

/** Reads the tensors of a file of torch.save of before 1.6: pickles, then storages. Throws BadFile, Unsupported. */
export async function openTorchLegacy(source: SourceFile, file: number): Promise<WeightHeader> {
  const { root, keys, host, end } = await readPickles(source);
  return readState(root, host, file, () => locateStorages(source, host, keys, end));
}

/** The pickles at the start of the file, read with few bytes first; they are no longer than `pickleLimits.bytes`. */
async function readPickles(source: SourceFile) {
  try {
    return parsePickles(source.path, await readSlice(source, 0, firstReadBytes));
  } catch (error) {
    const cut = error instanceof AppError && error.cause === pickleEnd;
    if (!cut || source.blob.size <= firstReadBytes) throw error;
    return parsePickles(source.path, await readSlice(source, 0, pickleLimits.bytes));
  }
}

function parsePickles(path: string, head: Uint8Array<ArrayBuffer>) {
  const place: PicklePlace = { path, part: 'the file' };
  const bytes = new PickleBytes(place, head);
  const host = new TorchHost(place);
  const first = unpickle(bytes, host);
  if (first !== magic) {
    refuseCommands(
      place,
      host.namesToJudge().filter(({ full }) => !isNestedSave(full)),
    );
    throw notTorch(path, first, host);
  }
  const versionAt = bytes.at;
  const version = unpickle(bytes, host);
  if (version !== 1001)
    throw badPickle(place, versionAt, `states version ${describeValue(version)}`);
  const system = unpickle(bytes, host);
  if (!(system instanceof Map) || system.get('little_endian') !== true)
    throw unsupported(
      `${path} is not little-endian by its own account. Load it and save it again on a machine of today.`,
    );
  const root = unpickle(bytes, host);
  const keysAt = bytes.at;
  const keys = unpickle(bytes, host);
  if (!isTexts(keys))
    throw badPickle(place, keysAt, `lists its storages as ${describeValue(keys)}`);
  return { root, keys, host, end: bytes.at };
}

/** What plain pickles of tensors call: the bytes of a file of torch.save lie in its argument. */
const isNestedSave = (full: string) => full === 'torch.storage._load_from_bytes';

/** Why a pickle that torch.save did not write is refused. */
function notTorch(path: string, first: PickleValue, { names }: TorchHost): AppError {
  const what = `${path} is a Python pickle that torch.save did not write: it begins with ${describeValue(first)}.`;
  const hasArrays = names.some(({ full }) => isNestedSave(full) || makesArray(full));
  if (!hasArrays || !(first instanceof Map))
    return unsupported(`${what} Save the tensors of it as safetensors, or with torch.save.`);
  return unsupported(
    `${what} Only if you trust the file, convert it to safetensors: ${convertWithPython(path, 'pickle')}`,
  );
}

function isTexts(value: PickleValue): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** Storages lie one after the other in the order of their keys, each behind its number of elements. */
async function locateStorages(
  source: SourceFile,
  { storages, place }: TorchHost,
  keys: readonly string[],
  from: number,
): Promise<StorageSpans> {
  const fail = faultsOf(source.path, 'Download the file again, or save it again with PyTorch.');
  const spans = new Map<string, { start: number; end: number }>();
  let at = from;
  for (const key of keys) {
    const storage = storages.get(key);
    const told = `storage ${JSON.stringify(key.slice(0, 60))}`;
    if (!storage || spans.has(key))
      throw fail(`lists ${told} ${storage ? 'twice' : 'which no tensor has'}, before byte ${from}`);
    const head = await readSlice(source, at, at + 8);
    const start = at + 8;
    const end = start + storage.count * (storage.dtype ? dtypeBits[storage.dtype] / 8 : 1);
    if (end > source.blob.size)
      throw fail(`is cut off: ${told} ends at byte ${end}, the file at byte ${source.blob.size}`);
    const count = new DataView(head.buffer).getBigInt64(0, true);
    if (count !== BigInt(storage.count))
      throw fail(
        `states ${count} elements of ${told} at byte ${at}, and ${storage.count} in its pickle`,
      );
    spans.set(key, { start, end });
    at = end;
  }
  const missing = [...storages.values()].find(({ key }) => !spans.has(key));
  if (missing)
    throw badPickle(
      place,
      missing.at,
      `refers to storage ${JSON.stringify(missing.key)}, which the file does not list`,
    );
  if (at !== source.blob.size)
    throw fail(
      `has ${source.blob.size - at} bytes after its last storage, which ends at byte ${at}`,
    );
  return spans;
}
