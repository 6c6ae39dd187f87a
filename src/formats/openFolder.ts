import { isAdapter, readAdapter } from './adapters/readAdapter.ts';
import { readPeftConfig } from './adapters/peftConfig.ts';
import { AppError, badFile, faultsOf } from '../errors.ts';
import type { JsonValue, OpenedCheckpoint } from './checkpoint.ts';
import { nameOf, stemOf } from './fileRoles.ts';
import type { WeightHeader } from './format.ts';
import { readSlice } from './readSlice.ts';
import { openWeights } from './recognize.ts';
import { checkShards, parseShardIndex } from './shardIndex.ts';
import type { SourceFile } from './source.ts';
import { quantizationOf, readQuantized } from './quantized.ts';
import { parseStrictJson } from './strictJson.ts';

/** The files of one folder of a drop; `path` is "" at the top. */
export interface Folder {
  path: string;
  weights: SourceFile[];
  shardIndexes: SourceFile[];
  side: SourceFile[];
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

const maxIndexBytes = 64 * 1024 * 1024;
const maxConfigBytes = 1024 * 1024;

/** Stems that say nothing of the model: it takes the name of its folder. */
const plainStem =
  /^(?:model|adapter_model|pytorch_model|pytorch_lora_weights|diffusion_pytorch_model|open_clip_model)$/;
const shardPattern = /^(.+)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)$/;
const indexEnding = '.index.json';

/** The checkpoints of a folder: those of each index, and those of each file that is no shard. */
export function groupFolder(folder: Folder, identify: Identify): Group[] {
  const indexed = folder.shardIndexes.map(({ path }) => nameOf(path).slice(0, -indexEnding.length));
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
  const group = (path: string, read: () => Promise<Opened[]>): Group => ({
    path,
    open: async () => Promise.all((await read()).map((each) => assemble(folder, each, identify))),
  });
  return [
    ...folder.shardIndexes.map((index, at) =>
      group(index.path, () => openSharded(folder, index, indexed[at] ?? '')),
    ),
    ...[...orphans].map(([whole, { path }]) =>
      group(path, () => Promise.reject(indexMissing(folder, path, whole))),
    ),
    ...singles.map((source) => group(source.path, () => openSingle(source))),
  ];
}

/** Of a shard: the name of the file it is a part of, with and without ending, and the number of parts. */
function shardOf(path: string): { whole: string; stem: string; count: number } | null {
  const [, stem, , count, ending] = shardPattern.exec(nameOf(path)) ?? [];
  return stem === undefined ? null : { whole: `${stem}${ending}`, stem, count: Number(count) };
}

function indexMissing(folder: Folder, path: string, whole: string): AppError {
  const index = (folder.path && `${folder.path}/`) + whole + indexEnding;
  const message = `${path} is one shard of several, and their index ${index} is missing. Add the index, or open the whole folder.`;
  return badFile(message);
}

/** The weight files of a checkpoint, in order, and the stem of the file that they are or would be. */
interface Opened {
  stem: string;
  weightFiles: SourceFile[];
  headers: WeightHeader[];
}

async function openSingle(source: SourceFile): Promise<Opened[]> {
  const { others = [], ...header } = await openWeights(source, 0);
  const stem = shardOf(source.path)?.stem ?? stemOf(source.path);
  return [header, ...others].map((each) => ({ stem, weightFiles: [source], headers: [each] }));
}

async function openSharded(folder: Folder, index: SourceFile, whole: string): Promise<Opened[]> {
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
  return [{ stem: stemOf(whole), weightFiles: files, headers }];
}

async function assemble(
  folder: Folder,
  { stem, weightFiles, headers }: Opened,
  identify: Identify,
): Promise<OpenedCheckpoint> {
  const { modelType, quantization } = await readConfig(folder);
  const stored = headers.flatMap((header) => header.tensors);
  const what = weightFiles[0]?.path ?? stem;
  const adapter = isAdapter(stored)
    ? readAdapter(what, stored, readPeftConfig(await readJson(folder, 'adapter_config.json')))
    : undefined;
  const tensors = adapter ? stored : readQuantized(what, stored, quantization);
  const metadata = Object.fromEntries(headers.flatMap((header) => Object.entries(header.metadata)));
  const files = weightFiles.map(({ path, blob }) => ({ name: nameOf(path), bytes: blob.size }));
  const part = headers[0]?.part;
  const name = (plainStem.test(stem) && nameOf(folder.path)) || stem;
  return {
    name: part === undefined ? name : `${name}.${part}`,
    index: { files, tensors, metadata },
    weightFiles,
    sideFiles: folder.side,
    architecture: adapter ? null : identify(modelType, tensors),
    notes: headers.flatMap(({ notes }) => notes ?? []),
    ...(adapter && { adapter }),
    ...(part !== undefined && { part }),
  };
}

/** What the folder's config.json says; nothing when there is none that can be read. */
async function readConfig(folder: Folder) {
  const root = await readJson(folder, 'config.json');
  const type = root instanceof Map ? root.get('model_type') : undefined;
  return {
    modelType: typeof type === 'string' ? type : null,
    quantization: quantizationOf(root),
  };
}

/** The value of a folder's JSON file; null when there is none that can be read. */
async function readJson({ side }: Folder, name: string): Promise<JsonValue> {
  const found = side.find(({ path }) => nameOf(path) === name);
  if (!found || found.blob.size > maxConfigBytes) return null;
  try {
    const bytes = await readWhole(found, maxConfigBytes);
    return parseStrictJson(bytes, { what: found.path, remedy: '' });
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** All bytes of a file of bounded size; throws BadFile when it is larger. */
export async function readWhole(source: SourceFile, maxBytes: number): Promise<Uint8Array> {
  if (source.blob.size > maxBytes) {
    const message = `${source.path} has ${source.blob.size} bytes, over the ${maxBytes} that are read of such a file. Choose another file.`;
    throw badFile(message);
  }
  return readSlice(source, 0, maxBytes);
}
