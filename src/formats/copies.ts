import { listNames } from '../wording.ts';
import { folderOf, nameOf, roleOf, stemOf } from './fileRoles.ts';
import type { SourceFile } from './source.ts';

/** What lies in a folder and is not read, and why; `of` tells the weights that it belongs to, where it is a copy of some. */
export interface LeftOut {
  name: string;
  why: string;
  of?: string;
}

/** Words in names of copies, those of the highest precision first; those of one line are alike. */
const variants: readonly (readonly string[])[] = [
  ['fp32', 'float32', 'f32'],
  ['bf16', 'bfloat16'],
  ['fp16', 'float16', 'f16', 'half'],
  ['fp8', 'float8', 'int8', '8bit', '4bit'],
  ['ema', 'non_ema', 'no_ema', 'ema_only', 'emaonly', 'pruned'],
];
const words = variants.slice(0, -1).flat().join('|');
const variantEnding = new RegExp(`(?:[._-](${words})|\\.(${variants.at(-1)?.join('|')}))$`, 'i');

/** Stems under which programs save a model, those that are read first before others. */
const programs: readonly RegExp[] = [
  /^(?:model|pytorch_model|diffusion_pytorch_model)$/,
  /^open_clip(?:_pytorch)?_model$/,
  /^consolidated(?:\.\d+)?$/,
];

const shardPattern = /^(.+?)-(\d{5})-of-(\d{5})((?:\.[\w-]+)?)(\.safetensors|\.bin)$/;
const indexPattern = /^(.+)(\.safetensors|\.bin)\.index(\.[\w-]+)?\.json$/;

/** Of a shard: the name of the file that it is a part of, and the number of parts. */
export function shardOf(path: string): { whole: string; count: number } | null {
  const [, stem, , count, variant = '', ending] = shardPattern.exec(nameOf(path)) ?? [];
  return stem === undefined ? null : { whole: `${stem}${variant}${ending}`, count: Number(count) };
}

/** The name of the file whose shards an index tells, e.g. model.fp16.safetensors. */
export function wholeOf(index: string): string {
  const [, stem, ending, variant = ''] = indexPattern.exec(nameOf(index)) ?? [];
  return stem === undefined ? nameOf(index) : `${stem}${variant}${ending}`;
}

/** A stem without what tells copies apart, the rank of that, and the place of the rest among `programs`, or −1. */
function readStem(stem: string): { plain: string; variant: number; program: number } {
  const [, precision, other] = variantEnding.exec(stem) ?? [];
  const word = precision ?? other;
  if (word === undefined)
    return { plain: stem, variant: 0, program: programs.findIndex((each) => each.test(stem)) };
  const rank = 1 + variants.findIndex((alike) => alike.includes(word.toLowerCase()));
  const { plain, variant, program } = readStem(stem.slice(0, -word.length - 1));
  return { plain, variant: Math.max(variant, rank), program };
}

/** Whether a file of this stem is a model by itself, whose folder tells what it is. */
export const isModelStem = (stem: string) => readStem(stem).program >= 0;

/** The same of models and of adapters. */
export const isPlainStem = (stem: string) =>
  isModelStem(stem) || /^(?:adapter_model|pytorch_lora_weights)$/.test(stem);

/** What copies of the same weights in a folder have in common, by the name of one. */
export function copiesOf(name: string): string {
  const { plain, program } = readStem(stemOf(shardOf(name)?.whole ?? name));
  return program >= 0 ? '' : plain;
}

/** Weights that one file holds, or shards. */
interface Copy {
  whole: string;
  sharded: boolean;
  weights: SourceFile[];
  indexes: SourceFile[];
}

/** Why safetensors are read where there are other formats of the same weights. */
export const formatOrder = 'safetensors are read before other formats';

/** What is compared of two copies, in this order: the lower is read. */
const rules: readonly { rank(copy: Copy): number; why: string }[] = [
  {
    rank: ({ whole }) => Number(roleOf(whole) !== 'weights'),
    why: formatOrder,
  },
  {
    rank: ({ whole }) => readStem(stemOf(whole)).program,
    why: 'the names of transformers and diffusers are read before others',
  },
  {
    rank: ({ whole }) => readStem(stemOf(whole)).variant,
    why: 'a name without a variant is read first, then the highest precision',
  },
  { rank: ({ sharded }) => Number(sharded), why: 'a whole file is read before shards' },
  { rank: () => 0, why: 'the first by name is read' },
];

/** The weights of a folder without those that their names tell to be copies of others, and which these are. */
export function chooseCopies({
  weights,
  shardIndexes,
}: {
  weights: readonly SourceFile[];
  shardIndexes: readonly SourceFile[];
}): { weights: SourceFile[]; shardIndexes: SourceFile[]; left: LeftOut[] } {
  const indexed = new Set(shardIndexes.map(({ path }) => wholeOf(path)));
  const copies = new Map<string, Copy>();
  const copyAt = (whole: string, sharded: boolean): Copy => {
    const key = `${whole}/${sharded}`;
    const copy = copies.get(key) ?? { whole, sharded, weights: [], indexes: [] };
    copies.set(key, copy);
    return copy;
  };
  for (const index of shardIndexes) copyAt(wholeOf(index.path), true).indexes.push(index);
  for (const source of weights) {
    const shard = shardOf(source.path);
    const sharded = shard !== null && (shard.count > 1 || indexed.has(shard.whole));
    copyAt(shard?.whole ?? nameOf(source.path), sharded).weights.push(source);
  }
  const best = new Map<string, Copy>();
  const left: LeftOut[] = [];
  const leftOut = new Set<Copy>();
  const sorted = [...copies.values()].sort((a, b) => compare(a, b).by);
  for (const copy of sorted) {
    const of = copiesOf(copy.whole);
    const read = best.get(of);
    if (!read) best.set(of, copy);
    else {
      leftOut.add(copy);
      const name = copy.sharded ? `${copy.whole} in shards` : copy.whole;
      left.push({ name, why: compare(read, copy).why, of });
    }
  }
  const kept = [...copies.values()].filter((copy) => !leftOut.has(copy));
  const isKept = (source: SourceFile) =>
    kept.some((copy) => copy.weights.includes(source) || copy.indexes.includes(source));
  return { weights: weights.filter(isKept), shardIndexes: shardIndexes.filter(isKept), left };
}

function compare(a: Copy, b: Copy): { by: number; why: string } {
  for (const { rank, why } of rules) {
    const by = rank(a) - rank(b);
    if (by !== 0) return { by, why };
  }
  return { by: a.whole < b.whole ? -1 : 1, why: rules.at(-1)?.why ?? '' };
}

/** Which of several copies is read and why, in one sentence; none where nothing is left out. */
export function noteOnCopies(read: string, left: readonly LeftOut[]): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { name, why } of left) reasons.set(why, (reasons.get(why) ?? new Set()).add(name));
  const told = [...reasons].map(([why, names]) => `${listNames([...names])} (${why})`);
  return told.length > 0
    ? [`Read from ${read}. Left out as copies of it: ${told.join('; ')}.`]
    : [];
}

/** Folders of a model's repository in which the same weights lie in another form. */
const exportFolders = /(?:^|\/)(?:onnx|openvino|coreml|gguf|original)$/;

/** The folder of a model that this one has copies of, or null. */
export function exportedFrom(folder: string): string | null {
  return exportFolders.test(folder) ? folderOf(folder) : null;
}

/** Names that programs give to the same weights in formats that are not read. */
const otherCopies =
  /^(?:tf_model|flax_model|rust_model|model)\b|^group\d+-shard\d+of\d+\b|\.msgpack$|\.ot$/;

/** Whether a file holds, by its name, the same weights as others of the drop that are better read, by their paths. */
export function repeatsWeights(path: string, weights: readonly string[]): boolean {
  const folder = folderOf(path);
  const inFolder = (other: string) => weights.filter((each) => folderOf(each) === other);
  const exported = exportedFrom(folder);
  if (exported !== null) return inFolder(exported).length > 0;
  const beside = inFolder(folder);
  if (beside.length === 0) return false;
  const isCopy = beside.some((each) => copiesOf(nameOf(each)) === copiesOf(nameOf(path)));
  return isCopy || (!/\.(?:bin|pth?|ckpt)$/.test(path) && otherCopies.test(nameOf(path)));
}

/** The folder of a model that this one, or one above it, has at another step of its training, or null. */
export function trainedInto(folder: string): { model: string; checkpoint: string } | null {
  const [, model = '', name] = /^(?:(.*)\/)?(checkpoint-\d+)(?:\/|$)/.exec(folder) ?? [];
  return name === undefined ? null : { model, checkpoint: name };
}
