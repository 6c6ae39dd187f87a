import { AppError, unsupported } from '../errors.ts';
import type { OpenedCheckpoint, Ties } from '../formats/checkpoint.ts';
import { readSlice } from '../formats/readSlice.ts';
import { findTied } from '../models/tiedTensors.ts';
import { keepTies, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { tensorBytes, type TensorInfo, type TensorReader } from '../tensor/tensorIndex.ts';
import { tiesWith } from './layAdapter.ts';
import { configText, parseConfig } from './sideConfig.ts';

const windowBytes = 2 ** 22;
/** Ranges that are compared before all is, and their bytes. */
const [samples, sampleBytes] = [16, 2 ** 12];

/** What is being found of stored checkpoints, by copy, and of those that are on the table. */
const finding = new Map<string, Promise<Ties>>();
const found = new WeakMap<OpenedCheckpoint, Promise<Ties>>();

/** A checkpoint with what is known of its tied tensors: they are compared once, and that is kept. Throws BadFile, Incompatible. */
export async function withTies<T extends OpenedCheckpoint | StoredCheckpoint>(
  checkpoint: T,
): Promise<T> {
  if (checkpoint.ties) return checkpoint;
  if ('laid' in checkpoint && checkpoint.laid) {
    const on = await withTies(checkpoint.laid.on);
    const ties = tiesWith(on, checkpoint.laid.tensors);
    return { ...checkpoint, laid: { ...checkpoint.laid, on }, ...(ties && { ties }) };
  }
  // An adapter has no values of its own to compare.
  if (checkpoint.adapter) return checkpoint;
  return { ...checkpoint, ties: await tiesOf(checkpoint) };
}

async function tiesOf(checkpoint: OpenedCheckpoint | StoredCheckpoint): Promise<Ties> {
  if (!('copy' in checkpoint)) {
    const reading = found.get(checkpoint) ?? findTies(checkpoint);
    found.set(checkpoint, reading);
    return reading;
  }
  const { id } = checkpoint.copy;
  const reading = finding.get(id) ?? findTies(checkpoint);
  finding.set(id, reading);
  return reading.finally(() => finding.delete(id));
}

/** The same; without it where its tensors cannot be read now: files in place may not be allowed yet, a patch may have no base. */
export async function withKnownTies<T extends OpenedCheckpoint | StoredCheckpoint>(
  checkpoint: T,
): Promise<T> {
  try {
    return await withTies(checkpoint);
  } catch (thrown) {
    if (thrown instanceof AppError) return checkpoint;
    throw thrown;
  }
}

async function findTies(checkpoint: OpenedCheckpoint | StoredCheckpoint): Promise<Ties> {
  const { architecture, index } = checkpoint;
  const isStored = 'copy' in checkpoint;
  if (!isStored && checkpoint.patch) throw unsupported(`${checkpoint.name} is a patch.`);
  const reader = isStored ? createReader(checkpoint) : fileReader(checkpoint);
  const { tie_word_embeddings: told } = parseConfig(await configText(checkpoint));
  const ties = {
    copies: await repeatedTensors(architecture, index.tensors, reader),
    told: typeof told === 'boolean' ? told : null,
  };
  if (isStored) await keepTies(checkpoint.id, ties);
  return ties;
}

/** Tensors of a base that repeat one that they are tied to, with that one's name, unless its configuration unties them. */
export async function repeatsOf(base: StoredCheckpoint): Promise<ReadonlyMap<string, string>> {
  const { ties, architecture, index } = await withTies(base);
  if (!ties || ties.told === false) return new Map();
  return new Map(
    [...findTied(architecture, index.tensors).values()].flatMap((tied) => {
      const [source, ...others] = [...tied.values()].map(({ name }) => name);
      return others.filter((name) => ties.copies.includes(name)).map((name) => [name, source!]);
    }),
  );
}

/** Names of the tensors that repeat, byte by byte, the first that they are tied to; those that differ are read but in part. */
export async function repeatedTensors(
  architecture: string | null,
  tensors: readonly TensorInfo[],
  reader: TensorReader,
): Promise<string[]> {
  const copies: string[] = [];
  for (const tied of findTied(architecture, tensors).values()) {
    const [source, ...others] = tied.values();
    for (const tensor of others)
      if (source && (await sameValues(tensor, source, reader))) copies.push(tensor.name);
  }
  return copies;
}

async function sameValues(a: TensorInfo, b: TensorInfo, reader: TensorReader): Promise<boolean> {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  if (isOnePlace(a, b)) return true;
  const bytes = tensorBytes(a);
  const equal = async (start: number, end: number) => {
    const [ours, theirs] = await Promise.all([a, b].map((each) => reader.read(each, start, end)));
    return sameBytes(ours!, theirs!);
  };
  const step = Math.max(windowBytes, Math.ceil(bytes / samples / 8) * 8);
  for (let start = 0; start < bytes; start += step)
    if (!(await equal(start, Math.min(bytes, start + sampleBytes)))) return false;
  for (let start = 0; start < bytes; start += windowBytes)
    if (!(await equal(start, Math.min(bytes, start + windowBytes)))) return false;
  return true;
}

function isOnePlace(a: TensorInfo, b: TensorInfo): boolean {
  const place = ({ file, start, end, strides = [], codes, pieces }: TensorInfo) =>
    codes || pieces ? null : [file, start, end, ...strides].join();
  return place(a) !== null && place(a) === place(b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Reads a checkpoint that is on the table where its tensors lie as they are. */
function fileReader({ weightFiles, name }: OpenedCheckpoint): TensorReader {
  return {
    async read(tensor, start, end) {
      const source = weightFiles[tensor.file];
      if (!source || tensor.strides || tensor.codes || tensor.pieces)
        throw unsupported(`${tensor.name} of ${name} can be read once it is stored.`);
      return readSlice(source, tensor.start + start, tensor.start + end);
    },
  };
}
