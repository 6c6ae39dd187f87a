import { baseWeights, isAdapter, readAdapter } from './adapters/readAdapter.ts';
import { readPartConfigs, readPeftConfig } from './adapters/peftConfig.ts';
import { AppError, badFile, faultsOf } from '../errors.ts';
import type { JsonValue, OpenedCheckpoint } from './checkpoint.ts';
import { copiesOf, isModelStem, noteOnCopies, shardOf, wholeOf, type LeftOut } from './copies.ts';
import { nameOf, stemOf } from './fileRoles.ts';
import { refuseFlat } from './flatParameters.ts';
import type { WeightHeader } from './format.ts';
import { readSlice } from './readSlice.ts';
import { openWeights } from './recognize.ts';
import { checkShards, parseShardIndex } from './shardIndex.ts';
import type { SourceFile } from './source.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { quantizationOf, readQuantized } from './quantized.ts';
import { parseStrictJson } from './strictJson.ts';
import { listNames } from '../wording.ts';

/** The files of one folder of a drop; `path` is "" at the top. */
export interface Folder {
  path: string;
  weights: SourceFile[];
  shardIndexes: SourceFile[];
  side: SourceFile[];
  /** Copies of the weights. */
  left: LeftOut[];
  /** Folders inside it that hold the model at other steps of its training. */
  steps: string[];
  /** Weights beside those of a part, which are copied as they are. */
  heads?: string[];
  /** Files that are no weights to be read, by name: why, or null where that is told already. */
  refused: Map<string, AppError | null>;
}

/** Checkpoints yet to be opened, and the path that stands for them in problems. */
export interface Group {
  path: string;
  /** The models of the file or its shards; none where what is wrong is told already. */
  open(): Promise<OpenedCheckpoint[]>;
}

/** Tells the architecture's id, or null, from config.json's model_type and the tensors. */
export type Identify = (
  modelType: string | null,
  tensors: readonly { name: string; shape: readonly number[] }[],
) => string | null;

/** Folders of training programs, whose names say nothing of the model. */
const plainFolder = /^(?:weights|checkpoints)$/;
const maxIndexBytes = 64 * 1024 * 1024;
const maxConfigBytes = 1024 * 1024;

/** The checkpoints of a folder: those of each index, and those of each file that is no shard. */
export function groupFolder(folder: Folder, identify: Identify): Group[] {
  const indexed = folder.shardIndexes.map(({ path }) => wholeOf(path));
  const loose = folder.weights.filter(({ path }) => {
    const shard = shardOf(path);
    return shard === null || !indexed.includes(shard.whole);
  });
  const orphans = new Map<string, SourceFile>();
  const singles: SourceFile[] = [];
  for (const source of loose) {
    const shard = shardOf(source.path);
    if (!shard || shard.count === 1) singles.push(source);
    else if (!orphans.has(shard.whole)) orphans.set(shard.whole, source);
  }
  const alone = indexed.length + orphans.size + singles.length === 1;
  const group = (path: string, read: () => Promise<Opened[]>): Group => ({
    path,
    open: async () =>
      Promise.all((await read()).map((each) => assemble(folder, alone, each, identify))),
  });
  return [
    ...folder.shardIndexes.map((index) => group(index.path, () => openSharded(folder, index))),
    ...[...orphans].map(([whole, { path }]) =>
      group(path, () => Promise.reject(indexMissing(folder, path, whole))),
    ),
    ...singles.map((source) => group(source.path, () => openSingle(source))),
  ];
}

function indexMissing(folder: Folder, path: string, whole: string): AppError {
  const index = `${folder.path && `${folder.path}/`}${whole}.index.json`;
  const message = `${path} is one shard of several, and their index ${index} is missing. Add the index, or open the whole folder.`;
  return badFile(message);
}

/** The weight files of a checkpoint, in order, and the name of the file that they are or would be. */
interface Opened {
  whole: string;
  weightFiles: SourceFile[];
  headers: WeightHeader[];
}

async function openSingle(source: SourceFile): Promise<Opened[]> {
  const { others = [], ...header } = await openWeights(source, 0);
  const whole = shardOf(source.path)?.whole ?? nameOf(source.path);
  return [header, ...others].map((each) => ({ whole, weightFiles: [source], headers: [each] }));
}

async function openSharded(folder: Folder, index: SourceFile): Promise<Opened[]> {
  const whole = wholeOf(index.path);
  const weightMap = parseShardIndex(index.path, await readWhole(index, maxIndexBytes));
  const names = [...new Set(weightMap.values())].sort();
  const refusals = names.map((name) => folder.refused.get(name));
  if (refusals.includes(null)) return [];
  const refusal = refusals.find((each) => each);
  if (refusal) throw refusal;
  const fail = faultsOf(index.path, 'Download the folder again, with all its files.');
  const files = names.map((name) => {
    const found = folder.weights.find(({ path }) => nameOf(path) === name);
    if (!found) throw fail(`names the shard ${name}, which is missing beside it`);
    return found;
  });
  const stray = folder.weights.find(
    ({ path }) => shardOf(path)?.whole === whole && !names.includes(nameOf(path)),
  );
  if (stray) throw fail(`does not name the shard ${nameOf(stray.path)}, which lies beside it`);
  const headers = await Promise.all(files.map((file, at) => openWeights(file, at)));
  const several = names.find((_, at) => headers[at]?.others);
  if (several !== undefined) throw fail(`names the shard ${several}, which holds several models`);
  const shards = names.map((name, at) => ({ name, tensors: headers[at]?.tensors ?? [] }));
  checkShards(index.path, weightMap, shards);
  return [{ whole, weightFiles: files, headers }];
}

async function assemble(
  folder: Folder,
  alone: boolean,
  { whole, weightFiles, headers }: Opened,
  identify: Identify,
): Promise<OpenedCheckpoint> {
  const { modelType, quantization, unread } = await readConfig(folder);
  const stored = headers.flatMap((header) => header.tensors);
  const what = weightFiles[0]?.path ?? whole;
  refuseFlat(what, stored);
  const metadata = Object.fromEntries(headers.flatMap((header) => Object.entries(header.metadata)));
  const stem = stemOf(whole);
  const hasAdapterConfig = folder.side.some(({ path }) => nameOf(path) === 'adapter_config.json');
  const adapter =
    isAdapter(stored) || (stem === 'adapter_model' && hasAdapterConfig)
      ? readAdapter(
          what,
          stored,
          readPeftConfig(await readJson(folder, 'adapter_config.json')),
          readPartConfigs(adapterMetadata(what, metadata)),
        )
      : undefined;
  const tensors = adapter ? stored : readQuantized(what, stored, quantization);
  const files = weightFiles.map(({ path, blob }) => ({ name: nameOf(path), bytes: blob.size }));
  const part = headers[0]?.part;
  const at = nameOf(folder.path);
  const name = (((alone && !plainFolder.test(at)) || isModelStem(stem)) && at) || stem;
  const full = (each: string) => (part === undefined ? each : `${each}.${part}`);
  return {
    name: full(name),
    ...(name !== stem && !isModelStem(stem) && { formerName: full(stem) }),
    index: { files, tensors, metadata },
    weightFiles,
    sideFiles: folder.side,
    architecture: adapter ? null : identify(modelType, tensors),
    notes: [
      ...headers.flatMap(({ notes }) => notes ?? []),
      ...notesOn(folder, alone, whole),
      ...unread,
      ...(adapter ? notesOnBase(stored) : []),
    ],
    ...(adapter && { adapter }),
    ...(part !== undefined && { part }),
  };
}

/** What of a folder is left out beside the weights of a file, or of its shards. */
function notesOn({ left, steps, heads = [] }: Folder, alone: boolean, whole: string): string[] {
  const own = left.filter(({ of }) => alone || of === undefined || of === copiesOf(whole));
  const isModel = alone || isModelStem(stemOf(whole));
  const notes = [...noteOnCopies(whole, own), ...(isModel ? noteOnSteps(steps) : [])];
  if (heads.length > 0)
    notes.push(
      `${listNames(heads)} beside ${whole} ${heads.length === 1 ? 'does' : 'do'} not merge: the output has the base’s.`,
    );
  return notes;
}

/** What is said of an adapter that has weights of its base with it. */
function notesOnBase(stored: readonly TensorInfo[]): string[] {
  const names = baseWeights(stored).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `${listNames(names)} ${names.length === 1 ? 'is' : 'are'} the base’s own, saved with the adapter: what the base has is taken.`,
  ];
}

/** What is said of folders that hold the model at other steps of its training. */
export function noteOnSteps(folders: readonly string[]): string[] {
  const names = [...new Set(folders)];
  if (names.length === 0) return [];
  const [holds, is] = names.length === 1 ? ['holds', 'is'] : ['hold', 'are'];
  return [
    `${listNames(names)} ${holds} the model at other steps of its training and ${is} left out. Open such a folder by itself to merge it.`,
  ];
}

/** What the folder's config.json says; nothing, and why, when it cannot be read. */
async function readConfig(folder: Folder) {
  let root: JsonValue = null;
  const unread: string[] = [];
  try {
    root = await readJson(folder, 'config.json');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    unread.push(`What the configuration says is not known: ${error.message}`);
  }
  const type = root instanceof Map ? root.get('model_type') : undefined;
  return {
    modelType: typeof type === 'string' ? type : null,
    quantization: quantizationOf(root),
    unread,
  };
}

/** The value of a folder's JSON file; null when there is none. Throws BadFile where it cannot be read. */
async function readJson({ side }: Folder, name: string): Promise<JsonValue> {
  const found = side.find(({ path }) => nameOf(path) === name);
  return found ? parseJson(await readWhole(found, maxConfigBytes), found.path) : null;
}

/** What diffusers writes of adapters into a file's metadata. Throws BadFile where it is damaged. */
function adapterMetadata(what: string, { lora_adapter_metadata: text }: WeightHeader['metadata']) {
  return text === undefined
    ? null
    : parseJson(new TextEncoder().encode(text), `The lora_adapter_metadata of ${what}`);
}

const parseJson = (bytes: Uint8Array, what: string) =>
  parseStrictJson(bytes, {
    what,
    remedy: 'Download or save it again, as JSON in UTF-8.',
    asPython: true,
  });

/** All bytes of a file of bounded size; throws BadFile when it is larger. */
export async function readWhole(source: SourceFile, maxBytes: number): Promise<Uint8Array> {
  if (source.blob.size > maxBytes) {
    const message = `${source.path} has ${source.blob.size} bytes, over the ${maxBytes} that are read of such a file. Choose another file.`;
    throw badFile(message);
  }
  return readSlice(source, 0, maxBytes);
}
