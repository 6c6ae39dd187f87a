import type { AppError } from '../../errors.ts';
import { badFile, unsupported } from '../../errors.ts';
import { dtypeBits } from '../../tensor/dtype.ts';
import type { WeightHeader } from '../format.ts';
import { convertArrays, convertWithPython } from '../convertWithPython.ts';
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

/** A zip of torch.save, the folder in it that its files lie in, and where its pickle is. */
interface TorchZip {
  directory: ZipDirectory;
  root: string;
  place: PicklePlace;
}

/** Reads the tensors of a zip of torch.save: its directory and pickle, none of their bytes. Throws BadFile, Unsupported. */
export async function openTorchZip(source: SourceFile, file: number): Promise<WeightHeader> {
  const { path } = source;
  const directory = await readZipDirectory(source);
  const pickle = [...directory.entries.values()].find(({ name }) =>
    /^(?:[^/]+\/)?data\.pkl$/.test(name),
  );
  if (!pickle) throw noPickle(path, [...directory.entries.keys()]);
  const zip: TorchZip = {
    directory,
    root: pickle.name.slice(0, -'data.pkl'.length),
    place: { path, part: 'data.pkl' },
  };
  await checkByteOrder(zip);
  const span = await locateEntry(directory, pickle);
  if (pickle.bytes > pickleLimits.bytes)
    throw unsupported(
      `${path}: data.pkl has ${pickle.bytes} bytes, over the cap of ${pickleLimits.bytes}. Convert it to safetensors: ${convertWithPython(path)}`,
    );
  const bytes = new PickleBytes(zip.place, await readSlice(source, span.start, span.end));
  const host = new TorchHost(zip.place);
  const state = unpickle(bytes, host);
  return readState(state, host, file, (storages) => locateStorages(zip, storages));
}

/** The bytes of storages, each of which is a file of the zip; no two may share bytes. */
async function locateStorages(
  zip: TorchZip,
  storages: readonly PickleStorage[],
): Promise<StorageSpans> {
  const { directory, root, place } = zip;
  const spans = new Map<string, { start: number; end: number }>();
  const waiting = storages.values();
  const lane = async () => {
    for (const storage of waiting) {
      const entry = entryOf(zip, storage);
      const span = entry ? await locateEntry(directory, entry) : { start: 0, end: 0 };
      spans.set(storage.key, span);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  let reached = { key: '', end: 0 };
  for (const [key, { start, end }] of [...spans].sort(([, a], [, b]) => a.start - b.start)) {
    if (start < reached.end && end > start)
      throw badFile(
        `${place.path}: the zip has two storages on the same bytes: ${root}data/${key} begins at byte ${start}, and ${root}data/${reached.key} ends at byte ${reached.end}. Download the file again, or save it again with PyTorch.`,
      );
    if (end > reached.end) reached = { key, end };
  }
  return spans;
}

function entryOf(
  { directory, root, place }: TorchZip,
  { key, dtype, count, at }: PickleStorage,
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

async function checkByteOrder({ directory, root }: TorchZip): Promise<void> {
  const entry = directory.entries.get(`${root}byteorder`);
  if (!entry) return;
  const { source } = directory;
  const { start } = await locateEntry(directory, entry);
  const order = new TextDecoder().decode(
    await readSlice(source, start, start + Math.min(entry.bytes, 16)),
  );
  if (order.trim() !== 'little')
    throw unsupported(
      `${source.path}: its byteorder is ${JSON.stringify(order)}, and only little-endian files are read. Load it and save it again on a machine of today.`,
    );
}

/** Whether a file of a zip is weights by its name. */
export const holdsWeights = (name: string): boolean =>
  /\.(?:safetensors|pth?|ckpt|bin|h5|pkl|gguf|onnx|npy)$/i.test(name);

const mostNamed = 3;

function listed(names: readonly string[]): string {
  const told = names.slice(0, mostNamed).map((name) => name.slice(0, 80));
  const more = names.length - told.length;
  return told.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Why a zip that is no file of torch.save is refused. */
function noPickle(path: string, names: readonly string[]): AppError {
  const has = (ending: string) => names.some((name) => name.endsWith(ending));
  const weights = names.filter(holdsWeights);
  const kinds: [boolean, string][] = [
    [
      has('_stable_baselines3_version'),
      `is an agent of Stable-Baselines3: a zip that holds ${listed(weights)}. Unpack it first, then open ${has('policy.pth') ? 'policy.pth' : 'what was inside'}.`,
    ],
    [
      has('[Content_Types].xml'),
      'is a document of Excel or another program of Office. Save a sheet with examples as CSV (UTF-8), then open that.',
    ],
    [
      has('archive_format'),
      'is a program of torch.export. In Python, save its state_dict: torch.save(torch.export.load(file).state_dict, …).',
    ],
    [
      has('/model.json') && names.some((name) => name.includes('/tensors/')),
      'is TorchScript of PyTorch before 1.4. In Python, save its state_dict: torch.save(torch.jit.load(file).state_dict(), …).',
    ],
    [
      has('model.weights.h5'),
      `is a Keras archive, which Stitchwork does not read. Write its arrays as safetensors: ${convertArrays(path, 'keras')}`,
    ],
    [
      names.length > 0 && names.every((name) => name.endsWith('.npy')),
      `is a NumPy archive, which Stitchwork does not read. Write its arrays as safetensors: ${convertArrays(path, 'npz')}`,
    ],
    [
      weights.length > 0,
      `is a zip archive that holds ${listed(weights)}. Unpack it first, then open what was inside.`,
    ],
  ];
  const [, kind] = kinds.find(([is]) => is) ?? [
    true,
    `is a zip archive without the data.pkl of a PyTorch file${names[0] === undefined ? '' : `; it holds ${JSON.stringify(names[0].slice(0, 80))}`}. Unpack it first, then open what was inside.`,
  ];
  return unsupported(`${path} ${kind}`);
}
