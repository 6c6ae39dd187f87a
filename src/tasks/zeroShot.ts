import { encodePrompt } from '../data/prompt.ts';
import { guessPreset } from '../data/presets/registry.ts';
import { tokenExamples } from '../data/tokenExamples.ts';
import { incompatible } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Block } from '../models/block.ts';
import { predict } from '../models/evaluate.ts';
import { createReaderSource } from '../models/readerSource.ts';
import { readF32 } from '../models/readF32.ts';
import { zeroShotHead } from '../models/zeroShot.ts';
import type { TaskModel } from './taskModel.ts';
import { textTower } from './textTask.ts';

export interface ZeroShotClasses {
  labels: readonly string[];
  /** With one {label} each. */
  prompts: readonly string[];
  /** Name of the data, which may tell how CLIP calls its classes. */
  train: string;
}

const keptHeads = 16;

/** Heads computed before, by the base's content id, classes and prompts; the oldest go first. */
const heads = new Map<string, Block>();

/**
 * CLIP's zero-shot head: for each class the mean of its prompts' unit embeddings through the base's text tower, made unit
 * again (Radford et al. 2021, §3.1.4), times exp(logit_scale).
 */
export async function zeroShot(
  model: TaskModel,
  { labels, prompts, train }: ZeroShotClasses,
  tensors: Tensors,
  signal: AbortSignal,
): Promise<Block> {
  const names = labels.map((label, at) => className(label, at, labels.length, train));
  const key = JSON.stringify([model.base.id, names, prompts]);
  const known = heads.get(key);
  if (known) return known;
  const classes = await classEmbeddings(model, { names, prompts }, tensors, signal);
  const head = await headOfRows(model, classes, labels.length);
  heads.set(key, head);
  const [oldest] = heads.keys();
  if (heads.size > keptHeads && oldest !== undefined) heads.delete(oldest);
  return head;
}

/** Unit embeddings [names × e] of class names put into prompts, through the base's text tower. */
export async function classEmbeddings(
  model: TaskModel,
  { names, prompts }: { names: readonly string[]; prompts: readonly string[] },
  tensors: Tensors,
  signal: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const texts = names.flatMap((name) => prompts.map((each) => each.replace('{label}', name)));
  const embeddings = await embed(model, texts, tensors, signal);
  const width = embeddings.length / Math.max(1, texts.length);
  return classMeans(embeddings, names.length, prompts.length, width);
}

/** The head of unit rows [labels × e], times the base's exp(logit_scale). */
export async function headOfRows(
  model: TaskModel,
  rows: Float32Array,
  labels: number,
): Promise<Block> {
  return zeroShotHead(rows, labels, await scaleOf(model));
}

/** Unit means of each class's rows; embeddings are [classes × prompts × width]. */
export function classMeans(
  embeddings: Float32Array,
  classes: number,
  prompts: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const means = new Float32Array(classes * width);
  embeddings.forEach((value, i) => {
    means[Math.floor(i / (prompts * width)) * width + (i % width)]! += value / prompts;
  });
  for (let c = 0; c < classes; c++) {
    const row = means.subarray(c * width, (c + 1) * width);
    const norm = Math.hypot(...row);
    row.forEach((value, k) => (row[k] = value / norm));
  }
  return means;
}

function className(label: string, at: number, classes: number, data: string): string {
  const preset = guessPreset(data);
  return preset?.kind === 'vision'
    ? preset.className(label, at, classes)
    : label.replaceAll('_', ' ');
}

async function embed(
  model: TaskModel,
  texts: readonly string[],
  tensors: Tensors,
  signal: AbortSignal,
): Promise<Float32Array> {
  const tower = textTower(model);
  const projection = tower.heads.projection?.();
  if (!projection) throw incompatible(`${model.base.name} has no projection of texts.`);
  const tokenizer = await model.tokenizer();
  const encoded = texts.map((text) =>
    encodePrompt(tokenizer, null, { text }, tower.limit, 'roberta'),
  );
  const examples = tokenExamples(encoded, [], tokenizer.special.pad);
  const task = { blocks: [...tower.blocks, projection] };
  const readers = { model: model.baseReader, task: model.baseReader };
  const source = createReaderSource(tensors, readers, Infinity);
  try {
    const { values } = await predict(tensors, task, examples, source, signal);
    return values;
  } finally {
    source.close();
  }
}

/** exp(logit_scale) of the base; 100, to which published models are clipped, where it is missing. */
async function scaleOf({ base, baseReader }: TaskModel): Promise<number> {
  const info = base.index.tensors.find(({ name }) => /(?:^|\.)logit_scale$/.test(name));
  if (!info) return 100;
  const [value = Math.log(100)] = await readF32(baseReader, info);
  return Math.exp(value);
}
