import type { AppError } from '../../errors.ts';
import { badFile, unsupported } from '../../errors.ts';
import { dtypeBits } from '../../tensor/dtype.ts';
import type { WeightHeader } from '../format.ts';
import { convertWithPython } from '../convertWithPython.ts';
import { readSlice } from '../readSlice.ts';
import type { SourceFile } from '../source.ts';
import { PickleBytes, badPickle, type PicklePlace } from './pickleBytes.ts';
import { pickleLimits } from './pickleMachine.ts';
import type { PickleStorage } from './pickleValues.ts';
import { readState, type StorageSpans } from './readState.ts';
import { TorchHost } from './torchTensors.ts';
import { unpickle } from './unpickle.ts';
import { locateEntry, readZipDirectory, type ZipDirectory, type ZipEntry } from './zipDirectory.ts';

/** Local headers of the zip read at once. */
const lanes = 32;

/** Reads the tensors of a zip of torch.save: its directory and pickle, none of their bytes. Throws BadFile, Unsupported. */
export async function openTorchZip(source: SourceFile, file: number): Promise<WeightHeader> {
  const { path } = source;
  const directory = await readZipDirectory(source);
  const pickle = [...directory.entries.values()].find(({ name }) =>
    /^(?:[^/]+\/)?data\.pkl$/.test(name),
  );
  if (!pickle) throw noPickle(path, [...directory.entries.keys()]);
  const root = pickle.name.slice(0, -'data.pkl'.length);
  await checkByteOrder(source, directory, root);
  const span = await locateEntry(source, directory, pickle);
  if (pickle.bytes > pickleLimits.bytes)
    throw unsupported(
      `${path}: data.pkl has ${pickle.bytes} bytes, over the cap of ${pickleLimits.bytes}. Convert it to safetensors: ${convertWithPython(path)}`,
    );
  const place: PicklePlace = { path, part: 'data.pkl', offset: 0 };
  const bytes = new PickleBytes(place, await readSlice(source, span.start, span.end));
  const host = new TorchHost(place);
  const state = unpickle(bytes, host);
  const locate = (storages: readonly PickleStorage[]) =>
    locateStorages(source, directory, root, storages, place);
  return readState(state, host, file, locate);
}

/** The bytes of storages, each of which is a file of the zip; no two may share bytes. */
async function locateStorages(
  source: SourceFile,
  directory: ZipDirectory,
  root: string,
  storages: readonly PickleStorage[],
  place: PicklePlace,
): Promise<StorageSpans> {
  const spans = new Map<string, { start: number; end: number }>();
  const waiting = storages.values();
  const lane = async () => {
    for (const storage of waiting) {
      const entry = entryOf(directory, root, storage, place);
      const span = entry ? await locateEntry(source, directory, entry) : { start: 0, end: 0 };
      spans.set(storage.key, span);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  let reached = { key: '', end: 0 };
  for (const [key, { start, end }] of [...spans].sort(([, a], [, b]) => a.start - b.start)) {
    if (start < reached.end && end > start)
      throw badFile(
        `${source.path}: the zip has two storages on the same bytes: ${root}data/${key} begins at byte ${start}, and ${root}data/${reached.key} ends at byte ${reached.end}. Download the file again, or save it again with PyTorch.`,
      );
    if (end > reached.end) reached = { key, end };
  }
  return spans;
}

function entryOf(
  directory: ZipDirectory,
  root: string,
  { key, dtype, count, at }: PickleStorage,
  place: PicklePlace,
): ZipEntry | null {
  const name = `${root}data/${key}`;
  const entry = directory.entries.get(name);
  const bytes = count * (dtype ? dtypeBits[dtype] / 8 : 1);
  if (!entry && bytes === 0) return null;
  if (!entry)
    throw badPickle(place, at, `refers to ${JSON.stringify(name)}, which is not in the zip`);
  if (entry.method === 0 && entry.bytes !== bytes)
    throw badPickle(
      place,
      at,
      `states a storage of ${count} × ${dtype ?? 'byte'} (${bytes} bytes), and ${JSON.stringify(name)} has ${entry.bytes}`,
    );
  return entry;
}

async function checkByteOrder(
  source: SourceFile,
  directory: ZipDirectory,
  root: string,
): Promise<void> {
  const entry = directory.entries.get(`${root}byteorder`);
  if (!entry) return;
  const { start } = await locateEntry(source, directory, entry);
  const order = new TextDecoder().decode(
    await readSlice(source, start, start + Math.min(entry.bytes, 16)),
  );
  if (order.trim() !== 'little')
    throw unsupported(
      `${source.path}: its byteorder is ${JSON.stringify(order)}, and only little-endian files are read. Load it and save it again on a machine of today.`,
    );
}

/** Why a zip that is no file of torch.save is refused. */
function noPickle(path: string, names: readonly string[]): AppError {
  const has = (ending: string) => names.some((name) => name.endsWith(ending));
  const kind = has('model.weights.h5')
    ? "is a Keras archive, which Stitchwork does not read. Use the model's safetensors; for a Keras model of its own, save the weights by name with safetensors.numpy.save_file."
    : names.length > 0 && names.every((name) => name.endsWith('.npy'))
      ? 'is a NumPy archive, which Stitchwork does not read. Save its arrays with safetensors.numpy.save_file.'
      : `is a zip archive without the data.pkl of a PyTorch file${names[0] === undefined ? '' : `; it holds ${JSON.stringify(names[0].slice(0, 80))}`}. Unpack it first, then open what was inside.`;
  return unsupported(`${path} ${kind}`);
}
