import { openTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import { badFile, incompatible } from '../errors.ts';
import { sideFilesIn } from '../formats/sideFiles.ts';
import type { Tower } from '../models/block.ts';
import { buildTowers } from '../models/registry.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { partOf } from '../tensor/modelParts.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';

/** A fine-tuned checkpoint as something that can be run: towers by the base's names, and the files that go with it. */
export interface TaskModel {
  base: StoredCheckpoint;
  tuned: StoredCheckpoint;
  baseReader: TensorReader;
  tunedReader: TensorReader;
  towers: { text?: Tower; images?: Tower };
  /** config.json of the fine-tuned checkpoint, else of the base, else {}. */
  config: Readonly<Record<string, unknown>>;
  /** A side file of the fine-tuned checkpoint, else of the base; by its name without folders. */
  file(name: string): Blob | null;
  tokenizer(): Promise<Tokenizer>;
}

const tokenizerFiles = /^(?:tokenizer\.json|vocab\.json|vocab\.txt|merges\.txt)$/;

const largestConfig = 4e6;

/**
 * `untied` are tensors that merge by themselves though the base ties them. Throws Unsupported where the architecture cannot be run,
 * Incompatible where its tensors do not fit.
 */
export async function openTaskModel(
  base: StoredCheckpoint,
  tuned: StoredCheckpoint,
  untied: readonly TensorInfo[] = [],
): Promise<TaskModel> {
  const [ours, theirs] = [sideFilesIn(base), sideFilesIn(tuned)];
  const file = (name: string) => theirs.get(name) ?? ours.get(name) ?? null;
  const baseConfig = ours.get('config.json') ?? file('config.json');
  const config = await readConfig(base.name, baseConfig);
  const stored = new Set(base.index.tensors.map(({ name }) => name));
  const towers = buildTowers(
    base.architecture ?? tuned.architecture,
    [...base.index.tensors, ...untied.filter(({ name }) => !stored.has(name))].filter(
      ({ name }) => partOf(base, name).path === '',
    ),
    untied.length > 0 ? { ...config, tie_word_embeddings: false } : config,
  );
  const own = [...theirs.keys()].some((name) => tokenizerFiles.test(name));
  const files = own ? theirs : ours;
  let tokenizer: Promise<Tokenizer> | null = null;
  return {
    base,
    tuned,
    towers,
    file,
    baseReader: createReader(base),
    tunedReader: createReader(tuned),
    config: await readConfig(tuned.name, file('config.json')),
    tokenizer() {
      if (![...files.keys()].some((name) => tokenizerFiles.test(name)))
        throw incompatible(
          `Neither ${tuned.name} nor ${base.name} came with a tokenizer. Delete the base, and add its whole folder with tokenizer.json.`,
        );
      tokenizer ??= openTokenizer(files, base.architecture ?? tuned.architecture);
      return tokenizer;
    },
  };
}

async function readConfig(
  name: string,
  blob: Blob | null,
): Promise<Readonly<Record<string, unknown>>> {
  if (!blob) return {};
  try {
    if (blob.size > largestConfig) throw new RangeError(`It has ${blob.size} bytes.`);
    const value: unknown = JSON.parse(await blob.text());
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value));
    throw new TypeError('It is no object.');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw badFile(
      `config.json of ${name} cannot be read: ${why} Mend it, or add the checkpoint without it.`,
      cause,
    );
  }
}
